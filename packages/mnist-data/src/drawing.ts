import { HarmonicError, requireNumber } from '@harmonic-mlp/core';
import { type DrawingStyle, mnistStyle, requireDrawingStyle } from './drawing-style';
import { findInk } from './ink';
import { resample, resize, type Sampling, type WorkingImage } from './resample';

/** Images are reduced to this first: a digit of a twentieth of it still has the 20 pixels that it becomes. */
const workingSize = 400;
/** The width, of the box, up to which lines are widened; of MNIST's digits, one in a hundred is thinner. */
const thinnestLine = 1.3 / 20;

export { type DrawingStyle, measureDrawingStyle, requireDrawingStyle } from './drawing-style';

/**
 * Makes of a drawn digit what MNIST's makers made of theirs: light on dark, size-normalised to a box of 20 × 20 pixels
 * with its proportions kept, grey where a pixel is partly ink, and moved by whole pixels so that its centre of mass is
 * in the middle of 28 × 28.
 *
 * The drawing may be dark on light or light on dark, anywhere in an image of any size, on paper that is unevenly lit,
 * ruled, framed, or a sheet on a table; specks, frames, rings and what comes in from the border are left out. Lines too
 * thin to remain visible are widened. The digit must be alone in the image, upright, and its strokes no wider than a third
 * of the image; two digits that stand well apart are refused.
 *
 * @param pixels rows × columns bytes, row by row, from 0, black, to 255, white.
 * @param style what is made of it, as {@link measureDrawingStyle} measures it of other data sets. Default: MNIST's.
 * @returns as many bytes as the style has rows × columns; of MNIST's 784, 28 rows of 28, from 0, background, to 255, ink.
 * @throws {HarmonicError} `INVALID_DATA` when there is no ink, more than one digit, or what cannot be told from what is about it; `INVALID_ARGUMENT` when `rows` or `columns` is no
 *   positive integer; `INVALID_SHAPE` when there are not rows × columns pixels.
 * @see Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, "Gradient-based learning applied to document recognition",
 *   Proceedings of the IEEE 86(11), 1998, section III.A; C. Yadav and L. Bottou, "Cold case: the lost MNIST digits",
 *   2019.
 * @example
 * ```ts
 * import { normalisePixels } from '@harmonic-mlp/mnist-data';
 * import { mnist } from '@harmonic-mlp/mnist-data/datasets';
 *
 * const { data, width, height } = canvas.getContext('2d')!.getImageData(0, 0, 280, 280);
 * const digit = centreDigit(greyFromRgba(data), height, width);
 * const inputs = tf.tensor2d(normalisePixels(digit, mnist.normalisation), [1, 784]);
 * ```
 */
export function centreDigit(
  pixels: ArrayLike<number>,
  rows: number,
  columns: number,
  style: DrawingStyle = mnistStyle,
): Uint8Array {
  requireDrawingStyle(style);
  requireNumber('rows', rows, { integer: true, min: 1 });
  requireNumber('columns', columns, { integer: true, min: 1 });
  if (pixels.length !== rows * columns) {
    const fix =
      pixels.length === 4 * rows * columns ? ' Give red, green, blue and alpha to greyFromRgba first.' : '';
    throw new HarmonicError(
      'INVALID_SHAPE',
      `pixels has the length ${pixels.length}; it must be rows × columns = ${rows} × ${columns} = ${rows * columns}, one grey value a pixel.${fix}`,
    );
  }
  const scale = Math.min(1, workingSize / Math.max(rows, columns));
  const image = resize(
    { values: pixels, rows, columns },
    Math.ceil(scale * rows),
    Math.ceil(scale * columns),
  );
  return place(normaliseSize(findInk(image), style), style);
}

/** Fits the ink into the box. */
function normaliseSize(ink: WorkingImage, style: DrawingStyle): WorkingImage {
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
  // Smaller where an image that is not square would not hold it.
  const share = Math.min(
    1,
    (style.rows * longest) / (style.box * (bottom - top)),
    (style.columns * longest) / (style.box * (right - left)),
  );
  const box = Math.max(1, share * style.box);
  const thinnest = Math.min(thinnestLine * box, box / 2);
  // The mean over a nib wider than a pixel of the box draws a thin line as wide as the nib, but fainter. It makes the
  // digit larger by nib − step, with nib = (thinnest + 1)·step − stroke: the second step is what still fits.
  const step = Math.max(longest / box, (longest - stroke) / (box - thinnest));
  const nib = Math.max((thinnest + 1) * step - stroke, step);
  const gain = Math.max(1, nib / stroke);
  const axis = (start: number, end: number): Sampling => {
    // Less the error of rounding: the longest side is the box exactly.
    const count = Math.ceil((end - start + nib - step) / step - 1e-6);
    return { start: (start + end - count * step) / 2, step, width: Math.max(1, nib), count };
  };
  const digit = resample(ink, axis(top, bottom), axis(left, right), 0);
  return { ...digit, values: digit.values.map((value) => Math.min(1, gain * value)) };
}

/** Places a digit so that its centre is within half a pixel of the style's, and all of it inside. */
function place({ values, rows, columns }: WorkingImage, style: DrawingStyle): Uint8Array {
  let [mass, vertical, horizontal, most] = [0, 0, 0, 0];
  values.forEach((value, i) => {
    const column = i % columns;
    mass += value;
    horizontal += value * column;
    vertical += (value * (i - column)) / columns;
    most = Math.max(most, value);
  });
  const start = (centre: number, moment: number, size: number, frame: number) => {
    const own = style.centring === 'mass' ? moment / mass : (size - 1) / 2;
    return Math.min(frame - size, Math.max(0, Math.round(centre - own)));
  };
  const top = start(style.centre[0], vertical, rows, style.rows);
  const left = start(style.centre[1], horizontal, columns, style.columns);
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
 * The grey values of a canvas's or image file's colours, by their luminance (Rec. 601).
 *
 * What is transparent becomes white behind dark ink, and black behind light ink.
 *
 * @param rgba four bytes a pixel: red, green, blue, and alpha that they are not multiplied by, as `ImageData` holds.
 * @throws {HarmonicError} `INVALID_SHAPE` when the length is no multiple of 4.
 */
export function greyFromRgba(rgba: ArrayLike<number>): Uint8Array {
  if (rgba.length % 4) {
    throw new HarmonicError(
      'INVALID_SHAPE',
      `rgba has the length ${rgba.length}; it must be a multiple of 4, as ImageData.data is.`,
    );
  }
  const luminance = (i: number) => 0.299 * rgba[i] + 0.587 * rgba[i + 1] + 0.114 * rgba[i + 2];
  let visible = 0;
  let light = 0;
  for (let i = 0; i < rgba.length; i += 4) {
    visible += rgba[i + 3];
    light += rgba[i + 3] * luminance(i);
  }
  // What little is visible is the ink, and its backdrop the opposite; what covers most of the image is the paper.
  const isLight = light > 127.5 * visible;
  const isPaper = visible > (255 / 2) * (rgba.length / 4);
  const backdrop = isLight === isPaper ? 255 : 0;
  return Uint8Array.from({ length: rgba.length / 4 }, (_, pixel) => {
    const alpha = rgba[4 * pixel + 3] / 255;
    return Math.round(alpha * luminance(4 * pixel) + (1 - alpha) * backdrop);
  });
}
