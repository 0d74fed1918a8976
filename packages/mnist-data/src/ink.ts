import { HarmonicError } from '@harmonic-mlp/core';
import { type Drawing, drawingOf } from './drawing-parts';
import {
  type Border,
  borderFrom,
  borderOf,
  boundsOf,
  contactOf,
  crossings,
  isDot,
  mostContact,
  strokeOf,
} from './parts';
import { resize, type WorkingImage } from './resample';
import { eraseRuling } from './ruling';
import { findSheets } from './sheet';

/** The number of tiles along the longer side of the image on which its background is estimated. */
const tiles = 32;
/** Half of the window, in tiles, in which some paper is visible: strokes may be a third of the image wide. */
const reach = 5;
/** The minimum contrast of ink, out of 255: compression leaves less on blank paper. */
const leastContrast = 16;
/** The factor by which ink exceeds noise, which is the median step from one pixel to the next. */
const aboveNoise = 4;
/** Parts with less ink than this, relative to the largest, are specks. */
const speck = 0.05;
/** How much fainter ink on a sheet may be than the edge of the sheet. */
const fainter = 0.3;
/** The maximum number of times that the strokes of a digit cross the border. */
const mostCrossings = 8;
/** How far from the border a frame ends, as a fraction of the longer side of the image, and how much of a side it covers. */
const margin = 1 / 25;
const uniform = 0.85;

/** The parts of an image that stand out, and the level of full ink among them. */
interface Ink {
  depth: Float32Array;
  pixels: number[];
  full: number;
  doubt: Drawing['doubt'];
}

/**
 * Finds the ink of a drawing, dark or light: 0 where there is none, 1 where it is full. Frames, and anything next to the
 * drawing that touches the border, are not ink; if a sheet covers only part of the image, the ink is what is on the sheet.
 *
 * @param image values from 0 (black) to 255 (white).
 * @throws {HarmonicError} `INVALID_DATA` if nothing but noise stands out from the background, or if what stands out runs
 *   along the border, is more than one digit, or may be a ring around one.
 */
export function findInk(image: WorkingImage): WorkingImage {
  const sheets = findSheets(image);
  for (const sheet of sheets) {
    const border = borderFrom(sheet.edge);
    const ink = inkOf(sheet.image, border);
    if (ink === undefined || ink.full < fainter * sheet.contrast) continue;
    if (sheet.thickness < sheet.thicker * strokeOf(ink.pixels, sheet.image)) continue;
    if (contactOf(ink.pixels, border) > 0) continue;
    // The paper inside a 0 with a dot in it is not a sheet.
    if (isDot(ink.pixels, sheet.image)) continue;
    return theDigit(ink, sheet.image);
  }
  const border = borderOf(image);
  const ink = inkOf(image, border);
  if (ink === undefined) {
    throw refuse(
      'No ink was found: nothing stands out from the background.',
      'Draw a digit, dark on light or light on dark.',
    );
  }
  const { columns, rows } = image;
  if (
    sheets.some(({ isBlank }) => isBlank) ||
    contactOf(ink.pixels, border) > mostContact ||
    crossings(ink.pixels, rows, columns) > mostCrossings
  ) {
    throw refuse(
      'The digit cannot be distinguished from the edge of a sheet, a shadow, a frame, or ruled lines.',
      'Crop the image to the digit.',
    );
  }
  return theDigit(ink, image);
}

const refuse = (problem: string, fix: string) =>
  new HarmonicError('INVALID_DATA', { argument: 'pixels', problem, fix });

/** Returns the ink, unless it may be more than the digit. */
function theDigit(ink: Ink, image: WorkingImage): WorkingImage {
  if (ink.doubt === 'several') {
    throw refuse('There is more than one digit in the image.', 'Crop it to one digit.');
  }
  if (ink.doubt === 'enclosed') {
    throw refuse(
      'A stroke inside a ring cannot be distinguished from a 0 with a slash in it.',
      'Crop the image to the digit, without its surroundings.',
    );
  }
  return spread(ink, image);
}

/** The ink and its soft edge, relative to full ink. */
function spread({ depth, pixels, full }: Ink, image: WorkingImage): WorkingImage {
  const values = new Float32Array(depth.length);
  for (const i of pixels) {
    // The pixels next to the ink are the digit's soft edge.
    for (const j of [i, ...neighbors(i, image.columns, depth.length)])
      values[j] = Math.min(1, depth[j] / full);
  }
  return { ...image, values };
}

/** The ink on the paper that fills the image; undefined if nothing but noise stands out. */
function inkOf(image: WorkingImage, border: Border): Ink | undefined {
  const depth = blackTopHat(
    standsOutLight(image) ? { ...image, values: image.values.map((value) => 255 - value) } : image,
  );
  const threshold = level(depth) / 2;
  eraseRuling(depth, threshold, image);
  const parts = connectedParts(depth, threshold, image.columns).map((pixels) => ({
    pixels,
    ink: pixels.reduce((sum, i) => sum + depth[i] - threshold, 0),
    contact: contactOf(pixels, border),
    bounds: boundsOf(pixels, image.columns),
  }));
  const { parts: drawing, doubt } = drawingOf(parts, image);
  const largest = drawing.reduce((most, { ink }) => Math.max(most, ink), 0);
  const pixels = drawing.filter(({ ink }) => ink >= speck * largest).flatMap((part) => part.pixels);
  const inked = Float32Array.from(pixels, (i) => depth[i]);
  const full = quantile(inked, 0.75);
  const steps = image.values.map((value, i) => Math.abs(value - image.values[Math.max(0, i - 1)]));
  const isInk = full >= Math.max(leastContrast, aboveNoise * quantile(steps, 0.5));
  return isInk ? { depth, pixels, full, doubt } : undefined;
}

/**
 * How much darker each pixel is than the paper around it: the black top-hat transform. The paper is the morphological
 * closing, on tiles, in which strokes vanish and uneven light remains.
 */
function blackTopHat(image: WorkingImage): Float32Array {
  const { rows, columns, values } = image;
  const scale = Math.min(1, tiles / Math.max(rows, columns));
  let paper = resize(image, Math.ceil(rows * scale), Math.ceil(columns * scale));
  for (const extreme of [Math.max, Math.max, Math.min, Math.min]) paper = slideAlongRows(paper, extreme);
  return resize(paper, rows, columns).values.map((level, i) => Math.max(0, level - values[i]));
}

/** The extremes in a sliding window along each row. Rows become columns. */
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

/** Whether light pixels stand out more from the background than dark ones, by the third moment about its brightness. */
function standsOutLight(image: WorkingImage): boolean {
  const background = backgroundOf(image);
  return image.values.reduce((sum, value) => sum + (value - background) ** 3, 0) > 0;
}

/** The median along the border, where a side of even brightness may belong to a frame. */
function backgroundOf({ values, rows, columns }: WorkingImage): number {
  const median = (line: Float32Array) => quantile(line.slice(), 0.5);
  const row = (index: number) => values.slice(index * columns, (index + 1) * columns);
  const column = (index: number) =>
    Float32Array.from({ length: rows }, (_, i) => values[i * columns + index]);
  const within = Math.ceil(margin * Math.max(rows, columns));
  const sides = [
    [row(0), row(Math.min(within, rows - 1))],
    [row(rows - 1), row(Math.max(0, rows - 1 - within))],
    [column(0), column(Math.min(within, columns - 1))],
    [column(columns - 1), column(Math.max(0, columns - 1 - within))],
  ];
  const whole = median(values);
  const border = sides.map(([outer, inner]) => {
    const level = median(outer);
    const alike = outer.filter((value) => Math.abs(value - level) < leastContrast).length;
    if (alike < uniform * outer.length) return outer;
    return outer.map(() => quantile(Float32Array.of(level, median(inner), whole), 0.5));
  });
  return quantile(Float32Array.from(border.flatMap((side) => [...side])), 0.5);
}

/** The Lehmer mean Σd⁴/Σd³, which is close to the depth of the ink no matter how little of it there is among faint noise. */
function level(depth: Float32Array): number {
  let third = 0;
  let fourth = 0;
  for (const d of depth) {
    third += d * d * d;
    fourth += d * d * d * d;
  }
  return third && fourth / third;
}

/** A quantile of values, which it sorts in place. */
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
      for (const j of neighbors(i, columns, depth.length)) {
        if (seen[j] || !(depth[j] > threshold)) continue;
        seen[j] = 1;
        part.push(j);
      }
    }
    parts.push(part);
  }
  return parts;
}

/** The pixels around a pixel, up to eight. */
function neighbors(i: number, columns: number, length: number): number[] {
  const around: number[] = [];
  for (let y = -columns; y <= columns; y += columns) {
    for (let x = i % columns ? -1 : 0; x <= ((i + 1) % columns ? 1 : 0); x++) {
      const j = i + y + x;
      if (j !== i && j >= 0 && j < length) around.push(j);
    }
  }
  return around;
}
