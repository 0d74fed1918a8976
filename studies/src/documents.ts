import { fileURLToPath } from 'node:url';

/** The folder docs: the sources and the build of this module lie at the same depth. */
export const documents = new URL('../../docs/', import.meta.url);

/** The README of the project. */
export const readme = new URL('../README.md', documents);

/** The folder of all results, which are in the repository. */
export const resultsFolder = fileURLToPath(new URL('study/results/', documents));
