/** The mean of the sum of the squares of a cubic B-spline's values at places one apart: 151/315. */
const energy = 151 / 315;

/** For each pixel of an axis, the first of the four knots that it depends on, and their weights. */
interface Axis {
  readonly knots: number;
  readonly first: Int32Array;
  readonly weights: Float64Array;
}

/**
 * Smooth random displacements of the pixels of an image in one direction: a cubic B-spline over a grid of random knots. With knots √3·σ
 * apart, the spline has the variance of a Gaussian with the standard deviation σ, so that the field is much like independent
 * displacements smoothed by that Gaussian (Simard, Steinkraus, and Platt, "Best practices for convolutional neural networks applied to
 * visual document analysis", ICDAR 2003), at a fraction of the cost.
 */
export class ElasticField {
  /** How many numbers, uniformly from −1 to 1, a field is made of. */
  readonly size: number;
  readonly #rows: Axis;
  readonly #columns: Axis;
  readonly #factor: number;
  readonly #lines: Float64Array;

  /**
   * @param shape rows and columns.
   * @param deviation the standard deviation of the displacements, in pixels.
   */
  constructor([rows, columns]: readonly [number, number], deviation: number, smoothness: number) {
    this.#rows = axisOf(rows, smoothness);
    this.#columns = axisOf(columns, smoothness);
    this.size = this.#rows.knots * this.#columns.knots;
    // That of numbers from −1 to 1 is 1/√3, and each axis averages.
    this.#factor = (deviation * Math.sqrt(3)) / energy;
    this.#lines = new Float64Array(this.#rows.knots * columns);
  }

  /**
   * @param knots {@link size} numbers from −1 to 1.
   * @param field [rows, columns], the displacements.
   */
  write(knots: Float64Array, field: Float64Array): void {
    // Without destructuring in the inner loops, which takes engines several times as long.
    const lines = this.#lines;
    const factor = this.#factor;
    const { first: firstColumn, weights: across, knots: columnKnots } = this.#columns;
    const { first: firstRow, weights: down, knots: rowKnots } = this.#rows;
    const width = firstColumn.length;
    for (let line = 0; line < rowKnots; line++) {
      for (let column = 0; column < width; column++) {
        const from = line * columnKnots + firstColumn[column];
        const at = 4 * column;
        lines[line * width + column] =
          factor *
          (across[at] * knots[from] +
            across[at + 1] * knots[from + 1] +
            across[at + 2] * knots[from + 2] +
            across[at + 3] * knots[from + 3]);
      }
    }
    for (let row = 0; row < firstRow.length; row++) {
      const from = firstRow[row] * width;
      const a = down[4 * row];
      const b = down[4 * row + 1];
      const c = down[4 * row + 2];
      const d = down[4 * row + 3];
      for (let column = 0; column < width; column++) {
        const k = from + column;
        field[row * width + column] =
          a * lines[k] + b * lines[k + width] + c * lines[k + 2 * width] + d * lines[k + 3 * width];
      }
    }
  }
}

function axisOf(pixels: number, smoothness: number): Axis {
  const spacing = Math.sqrt(3) * smoothness;
  const first = new Int32Array(pixels);
  const weights = new Float64Array(4 * pixels);
  for (let pixel = 0; pixel < pixels; pixel++) {
    const place = pixel / spacing;
    first[pixel] = Math.floor(place);
    const t = place - first[pixel];
    const u = 1 - t;
    weights.set(
      [u * u * u, 4 - 6 * t * t + 3 * t * t * t, 4 - 6 * u * u + 3 * u * u * u, t * t * t].map((w) => w / 6),
      4 * pixel,
    );
  }
  return { knots: first[pixels - 1] + 4, first, weights };
}
