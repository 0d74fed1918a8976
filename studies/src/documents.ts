/** The folder docs: the sources and the build of this module lie at the same depth. */
export const documents = new URL('../../docs/', import.meta.url);
