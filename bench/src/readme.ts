import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The documents with tables. Relative to the built bench, which is one folder below its root. */
const documents = {
  project: fileURLToPath(new URL('../../README.md', import.meta.url)),
  kernels: fileURLToPath(new URL('../../packages/wasm-kernels/README.md', import.meta.url)),
};

/** Puts a text between the markers of a name in a document. */
export function writeReadme(document: keyof typeof documents, name: string, text: string): void {
  const file = documents[document];
  writeFileSync(file, replaceBetweenMarkers(readFileSync(file, 'utf8'), name, text));
}

/** @throws {Error} for a document without the markers. */
export function replaceBetweenMarkers(document: string, name: string, text: string): string {
  const [begin, end] = [`<!-- bench:${name} -->`, `<!-- /bench:${name} -->`];
  const start = document.indexOf(begin) + begin.length;
  const stop = document.indexOf(end, start);
  if (!document.includes(begin) || stop < 0)
    throw new Error(`The document has no ${begin} followed by ${end}.`);
  return `${document.slice(0, start)}\n\n${text}\n\n${document.slice(stop)}`;
}
