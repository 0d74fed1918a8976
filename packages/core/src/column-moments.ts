/**
 * The mean and the standard deviation of each column of a matrix that comes in parts, by Welford's method, which does not lose a
 * small variance beside a large mean, and is exact for a column that does not vary.
 */
export class ColumnMoments {
  /** The mean of each column so far, [width]. */
  readonly means: Float64Array;
  readonly #squares: Float64Array;
  #rows = 0;

  /** @param width the number of columns. */
  constructor(readonly width: number) {
    this.means = new Float64Array(width);
    this.#squares = new Float64Array(width);
  }

  /** The number of rows so far. */
  get rows(): number {
    return this.#rows;
  }

  /** The standard deviation of each column so far, [width]; 0 for one that does not vary. */
  get deviations(): Float64Array {
    return this.#squares.map((square) => Math.sqrt(square / this.#rows));
  }

  /**
   * Adds rows.
   *
   * @param values [rows, width], row-major.
   */
  add(values: ArrayLike<number>): void {
    for (let first = 0; first < values.length; first += this.width) {
      this.#rows += 1;
      for (let i = 0; i < this.width; i++) {
        const value = values[first + i];
        const before = value - this.means[i];
        this.means[i] += before / this.#rows;
        this.#squares[i] += before * (value - this.means[i]);
      }
    }
  }
}
