import { cpus } from 'node:os';

/** The name of this machine's processor, as it reports itself. */
export const processor = (): string => cpus()[0]?.model.trim() || `${process.arch} processor`;
