import type { Study } from '../harness';

/** All studies: a new one is a file and a line. */
export const studies: readonly Study[] = [];
