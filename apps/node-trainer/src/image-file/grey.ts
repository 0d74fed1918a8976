/** A grey image: rows × columns bytes, row by row, from 0, black, to 255, white. */
export interface Grey {
  pixels: Uint8Array;
  rows: number;
  columns: number;
}

/** What is wrong with an image file, to follow the file's name. */
export class ImageFileError extends Error {}

/** The most pixels to decode: a small compressed file may claim any number. */
export const maxPixels = 64e6;

/** Refuses sizes that are nothing or too much, before anything is allocated. */
export function requireSize(rows: number, columns: number): void {
  if (rows * columns > 0 && rows * columns <= maxPixels) return;
  throw new ImageFileError(
    rows * columns === 0
      ? `it has no pixels (${columns} × ${rows})`
      : `it is ${columns} × ${rows} pixels, and at most ${maxPixels / 1e6} million are supported: make it smaller`,
  );
}
