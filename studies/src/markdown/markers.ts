import { HarmonicError } from '@harmonic-mlp/core';

const begin = (marker: string) => `<!-- ${marker} -->`;
const end = (marker: string) => `<!-- /${marker} -->`;

/**
 * Puts a text between the markers of a document, `<!-- MARKER -->` and `<!-- /MARKER -->`.
 *
 * @throws {HarmonicError} `INVALID_DATA` for a document without them.
 */
export function replaceBetweenMarkers(document: string, marker: string, text: string): string {
  const [start, stop] = placeOf(document, marker);
  return `${document.slice(0, start)}\n\n${text}\n\n${document.slice(stop)}`;
}

/**
 * The text between the markers of a document.
 *
 * @throws {HarmonicError} `INVALID_DATA` for a document without them.
 */
export function readBetweenMarkers(document: string, marker: string): string {
  return document.slice(...placeOf(document, marker)).trim();
}

function placeOf(document: string, marker: string): [start: number, stop: number] {
  const start = document.indexOf(begin(marker));
  const stop = document.indexOf(end(marker), start);
  if (start >= 0 && stop >= 0) return [start + begin(marker).length, stop];
  throw new HarmonicError('INVALID_DATA', {
    argument: marker,
    problem: `The document has no ${begin(marker)} followed by ${end(marker)}.`,
    fix: 'Add both where the text is to stand.',
  });
}
