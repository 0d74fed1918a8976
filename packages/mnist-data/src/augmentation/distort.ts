/**
 * The map from the pixels of a distorted image to the places in the original: with the offsets (x, y) of a pixel from the center,
 * column `a·x + b·y + c` and row `d·x + e·y + f`, in offsets from the center too.
 */
export interface AffineMap {
  readonly column: readonly [a: number, b: number, c: number];
  readonly row: readonly [d: number, e: number, f: number];
}

/** How each pixel's place in the original is displaced in addition, in pixels: [rows, columns] each. */
export interface Displacements {
  readonly columns: Float64Array;
  readonly rows: Float64Array;
}

/** Values of an image, or of more. */
type Values = Float32Array | Float64Array;

/**
 * Values of images, with a margin of what is beyond the edges: a row and a column on each side, so that every place up to
 * them has four values around it.
 */
export class PaddedImage {
  /** [rows + 2, columns + 2]. */
  readonly values: Values;
  readonly shape: readonly [rows: number, columns: number];

  /**
   * @param like an array of the type to compute with.
   * @param background the value beyond the edges.
   */
  constructor([rows, columns]: readonly [number, number], like: Values, background: number) {
    this.shape = [rows, columns];
    const size = (rows + 2) * (columns + 2);
    this.values = (like instanceof Float32Array ? new Float32Array(size) : new Float64Array(size)).fill(
      background,
    );
  }

  /** @param image [rows, columns]. */
  set(image: Values): void {
    const [rows, columns] = this.shape;
    for (let row = 0; row < rows; row++) {
      const [from, to] = [row * columns, (row + 1) * (columns + 2) + 1];
      for (let column = 0; column < columns; column++) this.values[to + column] = image[from + column];
    }
  }
}

/**
 * Distorts an image: each pixel has the bilinear mean of the four values around its place in the original.
 *
 * @param into where its pixels are written, from `start` on.
 */
export function distort(
  { values, shape: [rows, columns] }: PaddedImage,
  map: AffineMap,
  displacements: Displacements,
  into: Values,
  start: number,
): void {
  const middleRow = (rows - 1) / 2;
  const middleColumn = (columns - 1) / 2;
  const stride = columns + 2;
  const background = values[0];
  const [a, b, c] = map.column;
  const [d, e, f] = map.row;
  const { rows: down, columns: across } = displacements;
  // Without destructuring in the inner loop, which takes engines several times as long.
  for (let row = 0, pixel = 0; row < rows; row++) {
    const y = row - middleRow;
    // In the padded image, whose first row and column are beyond the edges.
    const columnFrom = b * y + c + middleColumn + 1;
    const rowFrom = e * y + f + middleRow + 1;
    for (let column = 0; column < columns; column++, pixel++) {
      const x = column - middleColumn;
      const u = a * x + columnFrom + across[pixel];
      const v = d * x + rowFrom + down[pixel];
      if (!(u >= 0 && v >= 0 && u < columns + 1 && v < rows + 1)) {
        into[start + pixel] = background;
        continue;
      }
      const left = u | 0;
      const top = v | 0;
      const right = u - left;
      const place = top * stride + left;
      const upper = values[place];
      const lower = values[place + stride];
      const above = upper + right * (values[place + 1] - upper);
      const below = lower + right * (values[place + stride + 1] - lower);
      into[start + pixel] = above + (v - top) * (below - above);
    }
  }
}

/**
 * The map that turns an image by an angle, scales it, and then shifts it.
 *
 * @param angle in radians, clockwise as images are drawn.
 * @param scale that of the height and of the width.
 * @param shift by rows and columns, in pixels.
 */
export function affineMap(
  angle: number,
  [height, width]: readonly [number, number],
  [down, right]: readonly [number, number],
): AffineMap {
  const [sine, cosine] = sineAndCosine(angle);
  // The inverse: shifted back, scaled back, and turned back.
  const [a, b] = [cosine / width, sine / height];
  const [d, e] = [-sine / width, cosine / height];
  return {
    column: [a, b, -(a * right + b * down)],
    row: [d, e, -(d * right + e * down)],
  };
}

/**
 * Of an angle from −π to π, by sums and products alone, whose results are the same in every engine, unlike those of `Math.sin`: the
 * series of a sixteenth, doubled four times. The error is below 1e-14.
 */
export function sineAndCosine(angle: number): [sine: number, cosine: number] {
  const x = angle / 16;
  const q = x * x;
  let sine = x * (1 - (q / 6) * (1 - (q / 20) * (1 - (q / 42) * (1 - (q / 72) * (1 - q / 110)))));
  let cosine = 1 - (q / 2) * (1 - (q / 12) * (1 - (q / 30) * (1 - (q / 56) * (1 - q / 90))));
  for (let i = 0; i < 4; i++) [sine, cosine] = [2 * sine * cosine, 1 - 2 * sine * sine];
  return [sine, cosine];
}
