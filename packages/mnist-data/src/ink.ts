import { HarmonicError } from '@harmonic-mlp/core';
import { resize, type WorkingImage } from './resample';

/** The tiles along the longer side of the image on which its background is estimated. */
const tiles = 32;
/** Half of the window, in tiles, in which some paper shows: strokes may be a third of the image wide. */
const reach = 5;
/** The least contrast of ink, of 255: compression leaves less on blank paper. */
const leastContrast = 16;
/** How often ink exceeds noise, the median step from a pixel to the next. */
const aboveNoise = 4;
/** Parts of less ink than this, relative to the largest, are specks. */
const speck = 0.05;

/**
 * The ink of a drawing, dark or light: 0 where there is none, 1 where it is full.
 *
 * @param image values from 0, black, to 255, white.
 * @throws {HarmonicError} `INVALID_DATA` when nothing but noise stands out from the background.
 */
export function findInk(image: WorkingImage): WorkingImage {
  const depth = blackTopHat(
    standsOutLight(image) ? { ...image, values: image.values.map((value) => 255 - value) } : image,
  );
  const threshold = level(depth) / 2;

  const parts = connectedParts(depth, threshold, image.columns).map((pixels) => ({
    pixels,
    ink: pixels.reduce((sum, i) => sum + depth[i] - threshold, 0),
  }));
  const largest = parts.reduce((most, { ink }) => Math.max(most, ink), 0);
  const pixels = parts.filter(({ ink }) => ink >= speck * largest).flatMap((part) => part.pixels);
  const inked = Float32Array.from(pixels, (i) => depth[i]);
  const full = quantile(inked, 0.75);
  const steps = image.values.map((value, i) => Math.abs(value - image.values[Math.max(0, i - 1)]));
  if (!(full >= Math.max(leastContrast, aboveNoise * quantile(steps, 0.5)))) {
    throw new HarmonicError(
      'INVALID_DATA',
      'No ink was found: nothing stands out from the background. Draw a digit, dark on light or light on dark.',
    );
  }

  const values = new Float32Array(depth.length);
  for (const i of pixels) {
    // The pixels beside are the digit's soft edge.
    for (const j of [i, ...neighbours(i, image.columns, depth.length)])
      values[j] = Math.min(1, depth[j] / full);
  }
  return { ...image, values };
}

/**
 * How much darker each pixel is than the paper about it: the black top-hat transform. Paper is the morphological
 * closing, on tiles, in which strokes vanish and uneven light stays.
 */
function blackTopHat(image: WorkingImage): Float32Array {
  const { rows, columns, values } = image;
  const scale = Math.min(1, tiles / Math.max(rows, columns));
  let paper = resize(image, Math.ceil(rows * scale), Math.ceil(columns * scale));
  for (const extreme of [Math.max, Math.max, Math.min, Math.min]) paper = slideAlongRows(paper, extreme);
  return resize(paper, rows, columns).values.map((level, i) => Math.max(0, level - values[i]));
}

/** The extremes in a window that slides along each row. Rows become columns. */
function slideAlongRows(
  { values, rows, columns }: WorkingImage,
  extreme: (...values: number[]) => number,
): WorkingImage {
  const result = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    const line = values.subarray(row * columns, (row + 1) * columns);
    for (let column = 0; column < columns; column++) {
      result[column * rows + row] = extreme(
        ...line.subarray(Math.max(0, column - reach), column + reach + 1),
      );
    }
  }
  return { values: result, rows: columns, columns: rows };
}

/** Whether light or dark pixels stand out more from the border: by the third moment about its median. */
function standsOutLight({ values, rows, columns }: WorkingImage): boolean {
  const border: number[] = [];
  for (let row = 0; row < rows; row++) border.push(values[row * columns], values[(row + 1) * columns - 1]);
  for (let column = 0; column < columns; column++) {
    border.push(values[column], values[values.length - 1 - column]);
  }
  const background = quantile(Float32Array.from(border), 0.5);
  return values.reduce((sum, value) => sum + (value - background) ** 3, 0) > 0;
}

/** The Lehmer mean Σd⁴/Σd³, which is near the depth of the ink however little of it there is among faint noise. */
function level(depth: Float32Array): number {
  let third = 0;
  let fourth = 0;
  for (const d of depth) {
    third += d * d * d;
    fourth += d * d * d * d;
  }
  return third && fourth / third;
}

/** A quantile of values, which are sorted. */
const quantile = (values: Float32Array, q: number): number =>
  values.sort()[Math.floor(q * (values.length - 1))];

/** The connected parts of the pixels above a threshold, each as the list of its pixels. */
function connectedParts(depth: Float32Array, threshold: number, columns: number): number[][] {
  const seen = new Uint8Array(depth.length);
  const parts: number[][] = [];
  for (let start = 0; start < depth.length; start++) {
    if (seen[start] || !(depth[start] > threshold)) continue;
    const part = [start];
    seen[start] = 1;
    for (const i of part) {
      for (const j of neighbours(i, columns, depth.length)) {
        if (seen[j] || !(depth[j] > threshold)) continue;
        seen[j] = 1;
        part.push(j);
      }
    }
    parts.push(part);
  }
  return parts;
}

/** The up to eight pixels around one. */
function neighbours(i: number, columns: number, length: number): number[] {
  const around: number[] = [];
  for (let y = -columns; y <= columns; y += columns) {
    for (let x = i % columns ? -1 : 0; x <= ((i + 1) % columns ? 1 : 0); x++) {
      const j = i + y + x;
      if (j !== i && j >= 0 && j < length) around.push(j);
    }
  }
  return around;
}
