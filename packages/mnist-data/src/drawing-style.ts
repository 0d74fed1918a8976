import { HarmonicError } from '@harmonic-mlp/core';
import type { LabelledDataset } from './dataset';

/** What the images of a data set of drawings look like, so that another drawing can be made to look so. Plain JSON. */
export interface DrawingStyle {
  /** The rows of an image. */
  rows: number;
  /** The columns of an image. */
  columns: number;
  /** The brightness of the background, 0 to 255. */
  background: number;
  /** The brightness of full ink, 0 to 255. */
  ink: number;
  /** The longer side of what is drawn, in pixels. */
  box: number;
  /** What of a drawing is at the centre: its centre of mass, or the centre of its bounds. */
  centring: 'mass' | 'bounds';
  /** The row and column of that centre, counted from the centre of the first pixel. */
  centre: readonly [row: number, column: number];
}

/** MNIST's images: light on dark, in a box of 20 × 20 pixels, the centre of mass in the middle of 28 × 28. */
export const mnistStyle: DrawingStyle = {
  rows: 28,
  columns: 28,
  background: 0,
  ink: 255,
  box: 20,
  centring: 'mass',
  centre: [14, 14],
};

/** How many images are measured at most. */
const sample = 1000;
/** The share of border pixels that are background, and of all contrast that is ink's, in drawings. */
const [clear, onesided] = [0.6, 0.9];
/** How much brighter or darker than the background, of 255, ink is, and any of it. */
const [leastContrast, trace] = [48, 0.06];
/** The most of an image that is ink. */
const mostInk = 0.6;

/**
 * Measures the look of a data set of drawings: which of background and ink is light, how large drawings are in their
 * images, and what of them is centred.
 *
 * @returns undefined when they are no bytes with an image shape, or do not look like drawings, of one ink on one background.
 * @example
 * ```ts
 * const style = measureDrawingStyle(train);
 * const { data, width, height } = canvas.getContext('2d')!.getImageData(0, 0, 280, 280);
 * const digit = centreDigit(greyFromRgba(data), height, width, style);
 * ```
 */
export function measureDrawingStyle({
  inputs,
  inputSize,
  size,
  imageShape,
}: Pick<LabelledDataset, 'inputs' | 'inputSize' | 'size' | 'imageShape'>): DrawingStyle | undefined {
  if (imageShape === undefined || inputs.BYTES_PER_ELEMENT !== 1) return undefined;
  const [rows, columns] = imageShape;
  const count = Math.min(size, sample);
  const images = Array.from({ length: count }, (_, i) => {
    const start = Math.floor((i * size) / count) * inputSize;
    return (inputs as Uint8Array).subarray(start, start + inputSize);
  });
  const isBorder = Uint8Array.from({ length: inputSize }, (_, i) => {
    const [row, column] = [Math.floor(i / columns), i % columns];
    return Number(row === 0 || column === 0 || row === rows - 1 || column === columns - 1);
  });
  const border = images.flatMap((image) => [...image.filter((_, i) => isBorder[i])]);
  const background = median(border);
  const near = border.filter((value) => Math.abs(value - background) < leastContrast / 2).length;
  if (near < clear * border.length) return undefined;

  let [lighter, darker] = [0, 0];
  for (const image of images) {
    for (const value of image) {
      if (value > background) lighter += value - background;
      else darker += background - value;
    }
  }
  const isLight = lighter > darker;
  if (Math.max(lighter, darker) < onesided * (lighter + darker)) return undefined;
  const extreme = isLight ? Math.max : Math.min;
  const ink = median(images.map((image) => image.reduce((most, value) => extreme(most, value))));
  if (Math.abs(ink - background) < leastContrast) return undefined;

  const drawings = images.flatMap((image) => measure(image, columns, background, ink) ?? []);
  if (drawings.length < count / 2 || median(drawings.map(({ area }) => area)) > mostInk * inputSize) {
    return undefined;
  }
  const [mass, bounds] = (['mass', 'bounds'] as const).map((centring) => {
    const centre = [0, 1].map((axis) => median(drawings.map((drawing) => drawing[centring][axis])));
    const spread = drawings.reduce(
      (sum, drawing) => sum + Math.hypot(drawing[centring][0] - centre[0], drawing[centring][1] - centre[1]),
      0,
    );
    return { centring, centre: centre as [number, number], spread };
  });
  const { centring, centre } = mass.spread <= bounds.spread ? mass : bounds;
  const box = median(drawings.map(({ box }) => box));
  return { rows, columns, background, ink, box, centring, centre };
}

/** The size of a drawing, and its centres; undefined where there is none. */
function measure(image: ArrayLike<number>, columns: number, background: number, ink: number) {
  let [top, left, bottom, right] = [Infinity, Infinity, -1, -1];
  let [area, sum, vertical, horizontal] = [0, 0, 0, 0];
  for (let i = 0; i < image.length; i++) {
    const value = (image[i] - background) / (ink - background);
    if (!(value > trace)) continue;
    const [row, column] = [Math.floor(i / columns), i % columns];
    area++;
    sum += value;
    vertical += value * row;
    horizontal += value * column;
    [top, bottom] = [Math.min(top, row), Math.max(bottom, row)];
    [left, right] = [Math.min(left, column), Math.max(right, column)];
  }
  if (area === 0) return undefined;
  return {
    area,
    box: 1 + Math.max(bottom - top, right - left),
    mass: [vertical / sum, horizontal / sum],
    bounds: [(top + bottom) / 2, (left + right) / 2],
  };
}

const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1];

/**
 * Checks that a value, as of a JSON file, is a {@link DrawingStyle}, and returns it.
 *
 * @throws {HarmonicError} `INVALID_DATA` when it is not.
 */
export function requireDrawingStyle(value: unknown): DrawingStyle {
  const style = Object(value) as Partial<Record<keyof DrawingStyle, unknown>>;
  const { rows, columns, background, ink, box, centring, centre } = style;
  const within = (number: unknown, least: number, most: number) =>
    typeof number === 'number' && number >= least && number <= most;
  const isSide = (side: unknown) => within(side, 1, 4096) && Number.isInteger(side);
  const isWhole =
    isSide(rows) &&
    isSide(columns) &&
    within(background, 0, 255) &&
    within(ink, 0, 255) &&
    ink !== background &&
    within(box, 1, Math.max(Number(rows), Number(columns))) &&
    (centring === 'mass' || centring === 'bounds') &&
    Array.isArray(centre) &&
    centre.length === 2 &&
    within(centre[0], 0, Number(rows)) &&
    within(centre[1], 0, Number(columns));
  if (isWhole) return value as DrawingStyle;
  throw new HarmonicError(
    'INVALID_DATA',
    `the style of drawings is ${JSON.stringify(value)}; it must be what measureDrawingStyle gives: rows, columns, background, ink, box, centring and centre.`,
  );
}
