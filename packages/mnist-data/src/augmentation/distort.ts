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

/**
 * Distorts an image: each pixel has the bilinear mean of the four values around its place in the original, where what is beyond the
 * edges is 0.
 *
 * @param from the values, of which the image begins at `start`.
 * @param into [rows, columns].
 */
export function distort(
  from: ArrayLike<number>,
  start: number,
  [rows, columns]: readonly [number, number],
  map: AffineMap,
  displacements: Displacements | undefined,
  into: Float64Array,
): void {
  const [middleRow, middleColumn] = [(rows - 1) / 2, (columns - 1) / 2];
  const [a, b, c] = map.column;
  const [d, e, f] = map.row;
  let at = 0;
  for (let row = 0; row < rows; row++) {
    const y = row - middleRow;
    const [columnFrom, rowFrom] = [b * y + c + middleColumn, e * y + f + middleRow];
    for (let column = 0; column < columns; column++, at++) {
      const x = column - middleColumn;
      let u = a * x + columnFrom;
      let v = d * x + rowFrom;
      if (displacements !== undefined) {
        u += displacements.columns[at];
        v += displacements.rows[at];
      }
      const [left, top] = [Math.floor(u), Math.floor(v)];
      if (!(left >= -1 && top >= -1 && left < columns && top < rows)) {
        into[at] = 0;
        continue;
      }
      const [right, bottom] = [u - left, v - top];
      const place = start + top * columns + left;
      const [isLeft, isRight] = [left >= 0, left + 1 < columns];
      let value = 0;
      if (top >= 0) {
        if (isLeft) value += (1 - right) * (1 - bottom) * from[place];
        if (isRight) value += right * (1 - bottom) * from[place + 1];
      }
      if (top + 1 < rows) {
        if (isLeft) value += (1 - right) * bottom * from[place + columns];
        if (isRight) value += right * bottom * from[place + columns + 1];
      }
      into[at] = value;
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
