/**
 * Ridge penalties to choose from, relative to the mean square of the features. The least of them leaves out explanations by weights
 * that training would not find.
 */
const penalties = [1e-6, 1e-4, 1e-2, 1, 100];

/**
 * The fraction of the targets' variance that a linear model of some features leaves unexplained on examples that it was not fitted
 * to: ridge regression with the best penalty by generalized cross-validation (Golub, Heath, and Wahba, 1979),
 *
 * ```
 * n·‖Y − HC‖² / (n − tr S)²        C = (HᵀH + λI)⁻¹HᵀY        S = H(HᵀH + λI)⁻¹Hᵀ
 * ```
 *
 * @param features H, [examples, columns], row-major.
 * @param targets Y, [examples, outputs], row-major, with mean 0 in each column.
 */
export function unexplained(features: Float64Array, targets: Float64Array, examples: number): number {
  const total = dot(targets, targets);
  if (total === 0) return 0;
  const columns = features.length / examples;
  const outputs = targets.length / examples;
  const gram = new Float64Array(columns * columns);
  const moments = new Float64Array(columns * outputs);
  for (let row = 0; row < examples; row++) {
    const h = features.subarray(row * columns, (row + 1) * columns);
    const y = targets.subarray(row * outputs, (row + 1) * outputs);
    for (let i = 0; i < columns; i++) {
      for (let j = 0; j <= i; j++) gram[i * columns + j] += h[i] * h[j];
      for (let k = 0; k < outputs; k++) moments[i * outputs + k] += h[i] * y[k];
    }
  }
  let trace = 0;
  for (let i = 0; i < columns; i++) trace += gram[i * columns + i];
  const scores = penalties.map((penalty) => {
    const ridge = (penalty * trace) / columns;
    const inverse = inverseOfCholesky(gram, columns, ridge);
    // tr (HᵀH + λI)⁻¹ and, with u = L⁻¹HᵀY, the explained part ‖u‖² and ‖C‖² = ‖L⁻ᵀu‖².
    const freedom = columns - ridge * dot(inverse, inverse);
    const u = lowerTimes(inverse, moments, columns, outputs);
    const coefficients = lowerTransposedTimes(inverse, u, columns, outputs);
    const residual = total - dot(u, u) - ridge * dot(coefficients, coefficients);
    const rest = examples - freedom;
    return rest < 1 ? Number.POSITIVE_INFINITY : (Math.max(residual, 0) / total) * (examples / rest) ** 2;
  });
  return Math.min(...scores);
}

const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, value, i) => sum + value * b[i], 0);

/** L⁻¹ for the Cholesky factor L of a matrix plus λI; only the lower triangle of the matrix is read. */
function inverseOfCholesky(matrix: Float64Array, size: number, ridge: number): Float64Array {
  const lower = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i * size + j] + (i === j ? ridge : 0);
      for (let k = 0; k < j; k++) sum -= lower[i * size + k] * lower[j * size + k];
      lower[i * size + j] = i === j ? Math.sqrt(Math.max(sum, ridge / 2)) : sum / lower[j * size + j];
    }
  }
  const inverse = new Float64Array(size * size);
  for (let j = 0; j < size; j++) {
    inverse[j * size + j] = 1 / lower[j * size + j];
    for (let i = j + 1; i < size; i++) {
      let sum = 0;
      for (let k = j; k < i; k++) sum -= lower[i * size + k] * inverse[k * size + j];
      inverse[i * size + j] = sum / lower[i * size + i];
    }
  }
  return inverse;
}

/** A lower triangular matrix times a matrix [size, columns]. */
function lowerTimes(lower: Float64Array, right: Float64Array, size: number, columns: number): Float64Array {
  const product = new Float64Array(size * columns);
  for (let i = 0; i < size; i++)
    for (let k = 0; k <= i; k++)
      for (let j = 0; j < columns; j++)
        product[i * columns + j] += lower[i * size + k] * right[k * columns + j];
  return product;
}

/** The transpose of a lower triangular matrix times a matrix [size, columns]. */
function lowerTransposedTimes(
  lower: Float64Array,
  right: Float64Array,
  size: number,
  columns: number,
): Float64Array {
  const product = new Float64Array(size * columns);
  for (let i = 0; i < size; i++)
    for (let k = i; k < size; k++)
      for (let j = 0; j < columns; j++)
        product[i * columns + j] += lower[k * size + i] * right[k * columns + j];
  return product;
}
