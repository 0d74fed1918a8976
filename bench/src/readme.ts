import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { replaceBetweenMarkers } from '@harmonic-mlp/studies/markdown';

/** The documents with tables. Relative to the built bench, which is one folder below its root. */
const documents = {
  project: fileURLToPath(new URL('../../README.md', import.meta.url)),
  kernels: fileURLToPath(new URL('../../packages/wasm-kernels/README.md', import.meta.url)),
};

/** Puts a text between the markers of a name in a document. */
export function writeReadme(document: keyof typeof documents, name: string, text: string): void {
  const file = documents[document];
  writeFileSync(file, replaceBetweenMarkers(readFileSync(file, 'utf8'), `bench:${name}`, text));
}
