import { cpus } from 'node:os';

/** The processor of this machine, as it calls itself. */
export const processor = (): string => cpus()[0]?.model.trim() || `${process.arch} processor`;
