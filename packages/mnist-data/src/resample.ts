/** A gray image: one value per pixel, row by row. */
export interface GrayImage {
  values: ArrayLike<number>;
  rows: number;
  columns: number;
}

/** A gray image being processed. */
export interface WorkingImage extends GrayImage {
  values: Float32Array;
}

/** Along one axis, sample `i` is the mean of the `width` pixels around `start + (i + 1/2)·step`. */
export interface Sampling {
  start: number;
  step: number;
  width: number;
  count: number;
}

/**
 * Resamples an image by area averages.
 *
 * @param background the value beyond the edges; if undefined, only pixels within the image count toward the mean.
 */
export function resample(
  image: GrayImage,
  vertical: Sampling,
  horizontal: Sampling,
  background?: 0,
): WorkingImage {
  return sampleRows(sampleRows(image, horizontal, background), vertical, background);
}

/** Resizes a whole image: by area averages to fewer pixels, linearly to more. */
export function resize(image: GrayImage, rows: number, columns: number): WorkingImage {
  const whole = (pixels: number, count: number): Sampling => {
    const step = pixels / count;
    return { start: 0, step, width: Math.max(1, step), count };
  };
  return resample(image, whole(image.rows, rows), whole(image.columns, columns));
}

/** Resamples each row and turns it into a column, so that applying it twice resamples both axes and leaves them in place. */
function sampleRows(
  { values, rows, columns }: GrayImage,
  { start, step, width, count }: Sampling,
  background?: 0,
): WorkingImage {
  const result = new Float32Array(count * rows);
  for (let i = 0; i < count; i++) {
    const center = start + (i + 0.5) * step;
    const from = Math.max(0, center - width / 2);
    const to = Math.min(columns, center + width / 2);
    const divisor = background === 0 ? width : to - from;
    for (let column = Math.floor(from); column < to; column++) {
      const weight = (Math.min(to, column + 1) - Math.max(from, column)) / divisor;
      for (let row = 0; row < rows; row++) result[i * rows + row] += weight * values[row * columns + column];
    }
  }
  return { values: result, rows: count, columns: rows };
}
