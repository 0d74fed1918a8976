import { TrainerError } from '../errors';

/** A gray image: rows × columns bytes, row by row, from 0 (black) to 255 (white). */
export interface Grey {
  pixels: Uint8Array;
  rows: number;
  columns: number;
}

/** The error of an image file, to which its reader adds the file. */
export const damaged = (problem: string, options?: ErrorOptions): TrainerError =>
  new TrainerError('INVALID_DATA', { problem }, options);

/** The most pixels to decode: a small compressed file may claim to have any number. */
export const maxPixels = 64e6;

/** Refuses a size that is zero or too large, before anything is allocated. */
export function requireSize(rows: number, columns: number): void {
  if (rows * columns > 0 && rows * columns <= maxPixels) return;
  if (rows * columns === 0) throw damaged(`The image has no pixels (${columns} × ${rows}).`);
  throw new TrainerError('UNSUPPORTED', {
    problem: `The image has ${columns} × ${rows} pixels; at most ${maxPixels / 1e6} million are supported.`,
    fix: 'Make it smaller.',
  });
}
