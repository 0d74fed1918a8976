import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { HarmonicError } from '@harmonic-mlp/core';

/** The absolute path for a path or `file:` URL. */
export function filePath(argument: string, location: string | URL): string {
  const text = String(location);
  // A Windows path such as C:\mnist also parses as a URL, so a path is recognized by the absence of "file:" and "://".
  if (typeof location === 'string' && !/^(file:|[a-z][a-z0-9+.-]+:\/\/)/i.test(text)) return resolve(text);
  try {
    return fileURLToPath(text);
  } catch (cause) {
    const fields = { argument, value: text, allowed: 'a path or a file: URL' };
    throw new HarmonicError('INVALID_ARGUMENT', fields, { cause });
  }
}
