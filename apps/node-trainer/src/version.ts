import { createRequire } from 'node:module';

/** The trainer's own version. */
export const version: string = createRequire(import.meta.url)('../package.json').version;
