import { HarmonicError, requireNumber } from '@harmonic-mlp/core';
import { type DrawingStyle, mnistStyle, requireDrawingStyle } from './drawing-style';
import { findInk } from './ink';
import { resample, resize, type Sampling, type WorkingImage } from './resample';

/** Images are first reduced to this size: a digit a twentieth of it in size still has the 20 pixels that it becomes. */
const workingSize = 400;
/** The width, as a fraction of the box, up to which lines are widened; one in a hundred of MNIST's digits is thinner. */
const thinnestLine = 1.3 / 20;

export { type DrawingStyle, measureDrawingStyle, requireDrawingStyle } from './drawing-style';

/**
 * Prepares a drawn digit the way the authors of MNIST prepared theirs: light on dark, scaled to a box of 20 × 20 pixels with
 * its proportions kept, gray where a pixel is partly ink, and moved by whole pixels so that its center of mass is in the
 * middle of 28 × 28.
 *
 * The drawing may be dark on light or light on dark, anywhere in an image of any size, on paper that is unevenly lit, ruled,
 * or framed, or on a sheet on a table; specks, frames, rings, and anything that reaches in from the border are removed. Lines
 * too thin to remain visible are widened. The digit must be alone in the image and upright, with strokes no wider than a
 * third of the image; two digits that are well apart are rejected.
 *
 * @param pixels rows × columns bytes, row by row, from 0 (black) to 255 (white).
 * @param style what the result should look like; {@link measureDrawingStyle} measures it for other data sets. Default:
 *   MNIST's style.
 * @returns the style's rows × columns bytes; for MNIST, 784 bytes in 28 rows of 28, from 0 (background) to 255 (ink).
 * @throws {HarmonicError} `INVALID_DATA` if there is no ink or more than one digit, if the digit cannot be distinguished from
 *   its surroundings, and for an invalid style; `INVALID_ARGUMENT` if `rows` or `columns` is not a positive integer;
 *   `INVALID_SHAPE` if there are not rows × columns pixels.
 * @see Y. LeCun, L. Bottou, Y. Bengio, and P. Haffner, "Gradient-based learning applied to document recognition", Proceedings
 *   of the IEEE 86(11), 1998, section III.A; C. Yadav and L. Bottou, "Cold case: the lost MNIST digits", 2019.
 * @example
 * ```ts
 * import { normalizePixels } from '@harmonic-mlp/mnist-data';
 * import { mnist } from '@harmonic-mlp/mnist-data/datasets';
 *
 * const { data, width, height } = canvas.getContext('2d')!.getImageData(0, 0, 280, 280);
 * const digit = centerDigit(grayFromRgba(data), height, width);
 * const inputs = tf.tensor2d(normalizePixels(digit, mnist.normalization), [1, 784]);
 * ```
 */
export function centerDigit(
  pixels: ArrayLike<number>,
  rows: number,
  columns: number,
  style: DrawingStyle = mnistStyle,
): Uint8Array {
  const look = requireDrawingStyle(style);
  requireNumber('rows', rows, { integer: true, min: 1 });
  requireNumber('columns', columns, { integer: true, min: 1 });
  if (pixels.length !== rows * columns) {
    throw new HarmonicError('INVALID_SHAPE', {
      argument: 'pixels.length',
      value: pixels.length,
      allowed: `rows × columns = ${rows} × ${columns} = ${rows * columns}, one gray value per pixel`,
      fix:
        pixels.length === 4 * rows * columns
          ? 'First convert red, green, blue, and alpha with grayFromRgba.'
          : undefined,
    });
  }
  const scale = Math.min(1, workingSize / Math.max(rows, columns));
  const image = resize(
    { values: pixels, rows, columns },
    Math.ceil(scale * rows),
    Math.ceil(scale * columns),
  );
  return place(normalizeSize(findInk(image), look), look);
}

/** Fits the ink into the box. */
function normalizeSize(ink: WorkingImage, style: DrawingStyle): WorkingImage {
  const { values, rows, columns } = ink;
  let [top, left, bottom, right] = [rows, columns, 0, 0];
  let area = 0;
  let edges = 0;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const i = row * columns + column;
      const value = values[i];
      edges += Math.abs(value - (column && values[i - 1])) + Math.abs(value - (row && values[i - columns]));
      area += value;
      if (value === 0) continue;
      top = Math.min(top, row);
      left = Math.min(left, column);
      bottom = row + 1;
      right = Math.max(right, column + 1);
    }
  }
  // A line has two edges.
  const stroke = (2 * area) / edges;
  const longest = Math.max(bottom - top, right - left);
  // Smaller if it would not fit in an image that is not square.
  const share = Math.min(
    1,
    (style.rows * longest) / (style.box * (bottom - top)),
    (style.columns * longest) / (style.box * (right - left)),
  );
  const box = Math.max(1, share * style.box);
  const thinnest = Math.min(thinnestLine * box, box / 2);
  // Averaging over a nib wider than a pixel of the box draws a thin line as wide as the nib, but fainter. It enlarges the
  // digit by nib − step, with nib = (thinnest + 1)·step − stroke; the second step is the one that still fits.
  const step = Math.max(longest / box, (longest - stroke) / (box - thinnest));
  const nib = Math.max((thinnest + 1) * step - stroke, step);
  const gain = Math.max(1, nib / stroke);
  const axis = (start: number, end: number): Sampling => {
    // Minus the rounding error: the longest side is exactly the box.
    const count = Math.ceil((end - start + nib - step) / step - 1e-6);
    return { start: (start + end - count * step) / 2, step, width: Math.max(1, nib), count };
  };
  const digit = resample(ink, axis(top, bottom), axis(left, right), 0);
  return { ...digit, values: digit.values.map((value) => Math.min(1, gain * value)) };
}

/** Places a digit so that its center is within half a pixel of the style's center and all of it is inside. */
function place({ values, rows, columns }: WorkingImage, style: DrawingStyle): Uint8Array {
  let [mass, vertical, horizontal, most] = [0, 0, 0, 0];
  values.forEach((value, i) => {
    const column = i % columns;
    mass += value;
    horizontal += value * column;
    vertical += (value * (i - column)) / columns;
    most = Math.max(most, value);
  });
  const start = (center: number, moment: number, size: number, frame: number) => {
    const own = style.centering === 'mass' ? moment / mass : (size - 1) / 2;
    return Math.min(frame - size, Math.max(0, Math.round(center - own)));
  };
  const top = start(style.center[0], vertical, rows, style.rows);
  const left = start(style.center[1], horizontal, columns, style.columns);
  const { background, ink } = style;
  const result = new Uint8Array(style.rows * style.columns).fill(Math.round(background));
  values.forEach((value, i) => {
    const column = i % columns;
    const row = top + (i - column) / columns;
    if (row < 0 || row >= style.rows || left + column < 0 || left + column >= style.columns) return;
    result[row * style.columns + left + column] = Math.round(
      background + ((ink - background) * value) / most,
    );
  });
  return result;
}

/**
 * Converts the colors of a canvas or image file to gray values by their luminance (Rec. 601).
 *
 * Transparent areas become white behind dark ink and black behind light ink.
 *
 * @param rgba four bytes per pixel: red, green, blue, and straight alpha, as in `ImageData`.
 * @throws {HarmonicError} `INVALID_SHAPE` if the length is not a multiple of 4.
 */
export function grayFromRgba(rgba: ArrayLike<number>): Uint8Array {
  if (rgba.length % 4) {
    throw new HarmonicError('INVALID_SHAPE', {
      argument: 'rgba.length',
      value: rgba.length,
      allowed: 'a multiple of 4, as in ImageData.data',
    });
  }
  const luminance = (i: number) => 0.299 * rgba[i] + 0.587 * rgba[i + 1] + 0.114 * rgba[i + 2];
  let visible = 0;
  let light = 0;
  for (let i = 0; i < rgba.length; i += 4) {
    visible += rgba[i + 3];
    light += rgba[i + 3] * luminance(i);
  }
  // If little is visible, it is the ink, and its backdrop is the opposite; if it covers most of the image, it is the paper.
  const isLight = light > 127.5 * visible;
  const isPaper = visible > (255 / 2) * (rgba.length / 4);
  const backdrop = isLight === isPaper ? 255 : 0;
  return Uint8Array.from({ length: rgba.length / 4 }, (_, pixel) => {
    const alpha = rgba[4 * pixel + 3] / 255;
    return Math.round(alpha * luminance(4 * pixel) + (1 - alpha) * backdrop);
  });
}

/** @deprecated Use {@link centerDigit}. */
export const centreDigit = centerDigit;

/** @deprecated Use {@link grayFromRgba}. */
export const greyFromRgba = grayFromRgba;
