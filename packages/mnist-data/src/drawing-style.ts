import { HarmonicError } from '@harmonic-mlp/core';
import type { LabeledDataset } from './dataset';

/**
 * Describes the look of the images in a data set of drawings, so that another drawing can be made to look like them. Plain
 * JSON.
 */
export interface DrawingStyle {
  /** The rows of an image. */
  rows: number;
  /** The columns of an image. */
  columns: number;
  /** The brightness of the background, 0 to 255. */
  background: number;
  /** The brightness of full ink, 0 to 255. */
  ink: number;
  /** The longer side of the drawn part, in pixels. */
  box: number;
  /** The point of a drawing that is placed at `center`: its center of mass, or the center of its bounds. */
  centering: 'mass' | 'bounds';
  /** The row and column of that point, counted from the center of the first pixel. */
  center: readonly [row: number, column: number];
}

/** MNIST's images: light on dark, in a box of 20 × 20 pixels, the center of mass in the middle of 28 × 28. */
export const mnistStyle: DrawingStyle = {
  rows: 28,
  columns: 28,
  background: 0,
  ink: 255,
  box: 20,
  centering: 'mass',
  center: [14, 14],
};

/** The maximum number of images to measure. */
const sample = 1000;
/** The minimum share of background among border pixels, and of ink in all contrast, for drawings. */
const [clear, onesided] = [0.6, 0.9];
/** The minimum difference between ink and background, out of 255, and where ink starts, as a fraction of its contrast. */
const [leastContrast, trace] = [48, 0.06];
/** The maximum share of an image that is ink. */
const mostInk = 0.6;

/**
 * Measures what the drawings in a data set look like: whether ink or background is light, how large the drawings are in their
 * images, and which of their points is centered.
 *
 * @returns undefined unless the inputs are bytes with an image shape and look like drawings in one ink on one background.
 * @example
 * ```ts
 * const style = measureDrawingStyle(train);
 * const { data, width, height } = canvas.getContext('2d')!.getImageData(0, 0, 280, 280);
 * const digit = centerDigit(grayFromRgba(data), height, width, style);
 * ```
 */
export function measureDrawingStyle({
  inputs,
  inputSize,
  size,
  imageShape,
}: Pick<LabeledDataset, 'inputs' | 'inputSize' | 'size' | 'imageShape'>): DrawingStyle | undefined {
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
  const [mass, bounds] = (['mass', 'bounds'] as const).map((centering) => {
    const center = [0, 1].map((axis) => median(drawings.map((drawing) => drawing[centering][axis])));
    const spread = drawings.reduce(
      (sum, drawing) =>
        sum + Math.hypot(drawing[centering][0] - center[0], drawing[centering][1] - center[1]),
      0,
    );
    return { centering, center: center as [number, number], spread };
  });
  const { centering, center } = mass.spread <= bounds.spread ? mass : bounds;
  const box = median(drawings.map(({ box }) => box));
  return { rows, columns, background, ink, box, centering, center };
}

/** The size of a drawing, and its centers; undefined if there is none. */
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
 * Checks that a value, such as one from a JSON file, is a {@link DrawingStyle}, and returns it. Styles saved by earlier
 * versions, with `centring` and `centre`, are converted.
 *
 * @throws {HarmonicError} `INVALID_DATA` with the part that is invalid.
 */
export function requireDrawingStyle(value: unknown): DrawingStyle {
  const { centring, centre, ...given } = Object(value);
  const style: Partial<Record<keyof DrawingStyle, unknown>> = {
    ...(centring !== undefined && { centering: centring, center: centre }),
    ...given,
  };
  const { rows, columns, background, ink, box, centering, center } = style;
  const within = (number: unknown, least: number, most: number) =>
    typeof number === 'number' && number >= least && number <= most;
  const isSide = (side: unknown) => within(side, 1, 4096) && Number.isInteger(side);
  const longer = Math.max(Number(rows), Number(columns));
  const isCenter =
    Array.isArray(center) &&
    center.length === 2 &&
    within(center[0], 0, Number(rows)) &&
    within(center[1], 0, Number(columns));
  const checks: [keyof DrawingStyle, boolean, string][] = [
    ['rows', isSide(rows), 'an integer from 1 to 4096'],
    ['columns', isSide(columns), 'an integer from 1 to 4096'],
    ['background', within(background, 0, 255), 'a number from 0 to 255'],
    ['ink', within(ink, 0, 255) && ink !== background, 'a number from 0 to 255 other than the background'],
    ['box', within(box, 1, longer), `a number from 1 to ${longer}`],
    ['centering', centering === 'mass' || centering === 'bounds', '"mass" or "bounds"'],
    ['center', isCenter, 'the row and column of a point in the image'],
  ];
  const fault = checks.find(([, isRight]) => !isRight);
  if (fault === undefined) return style as DrawingStyle;
  const [name, , allowed] = fault;
  throw new HarmonicError('INVALID_DATA', {
    argument: `style.${name}`,
    value: style[name],
    allowed,
    fix: 'Use the result of measureDrawingStyle.',
  });
}
