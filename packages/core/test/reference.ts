import type { Values } from './check';

// The operations again, as plain loops over float64 numbers, for the tests to compare with and differentiate.

const rowsOf = ({ shape: [, width], data }: Values) =>
  Array.from({ length: data.length / width }, (_, row) => data.slice(row * width, (row + 1) * width));
const matrix = (rows: number[][]): Values => ({
  shape: [rows.length, rows[0].length],
  data: rows.flat(),
});
const vector = (data: number[]): Values => ({ shape: [data.length], data });
const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);

export function denseReference(x: Values, kernel: Values, bias?: Values): Values {
  const weights = rowsOf(kernel);
  const units = kernel.shape[1];
  return matrix(
    rowsOf(x).map((row) =>
      Array.from(
        { length: units },
        (_, j) => sum(row.map((value, i) => value * weights[i][j])) + (bias?.data[j] ?? 0),
      ),
    ),
  );
}

export function harmonicReference(z: Values, periods: Values, residual: number): Values {
  return matrix(
    rowsOf(z).map((row) =>
      row.map((value, i) => Math.sin((2 * Math.PI * value) / periods.data[i]) + residual * value),
    ),
  );
}

export const reluReference = (x: Values): Values => ({
  shape: x.shape,
  data: x.data.map((value) => Math.max(value, 0)),
});

export type BatchNormValues = Record<'x' | 'gamma' | 'beta' | 'runningMean' | 'runningVariance', Values>;

/** All five results of `batchNorm`. */
export function batchNormReference(
  { x, gamma, beta, runningMean, runningVariance }: BatchNormValues,
  { epsilon, momentum }: { epsilon: number; momentum: number },
): Values[] {
  const rows = rowsOf(x);
  const units = rows[0].map((_, i) => {
    const column = rows.map((row) => row[i]);
    const mean = sum(column) / rows.length;
    const squares = sum(column.map((value) => (value - mean) ** 2));
    return {
      mean,
      inverseDeviation: (squares / rows.length + epsilon) ** -0.5,
      unbiased: squares / (rows.length - 1),
    };
  });
  const moved = (running: Values, batch: number[]) =>
    vector(running.data.map((value, i) => value + momentum * (batch[i] - value)));
  const means = units.map(({ mean }) => mean);
  return [
    matrix(
      rows.map((row) =>
        row.map(
          (value, i) => gamma.data[i] * (value - units[i].mean) * units[i].inverseDeviation + beta.data[i],
        ),
      ),
    ),
    vector(means),
    vector(units.map(({ inverseDeviation }) => inverseDeviation)),
    moved(runningMean, means),
    moved(
      runningVariance,
      units.map(({ unbiased }) => unbiased),
    ),
  ];
}

export function batchNormInferenceReference(
  { x, gamma, beta, runningMean, runningVariance }: BatchNormValues,
  epsilon: number,
): Values {
  return matrix(
    rowsOf(x).map((row) =>
      row.map((value, i) => {
        const normalized = (value - runningMean.data[i]) / Math.sqrt(runningVariance.data[i] + epsilon);
        return gamma.data[i] * normalized + beta.data[i];
      }),
    ),
  );
}

/** The mean loss and the probabilities. */
export function crossEntropyReference(logits: Values, labels: number[]): Values[] {
  const rows = rowsOf(logits);
  const probabilities = rows.map((row) => {
    const largest = Math.max(...row);
    const total = sum(row.map((value) => Math.exp(value - largest)));
    return row.map((value) => Math.exp(value - largest) / total);
  });
  const losses = rows.map((row, b) => {
    const largest = Math.max(...row);
    return Math.log(sum(row.map((value) => Math.exp(value - largest)))) + largest - row[labels[b]];
  });
  return [{ shape: [], data: [sum(losses) / rows.length] }, matrix(probabilities)];
}

export interface AdamNumbers {
  parameter: number;
  gradient: number;
  firstMoment: number;
  secondMoment: number;
}

/** One step for one number, in textbook form with bias-corrected moments: `[w, m, v]`. */
export function adamReference(
  { parameter, gradient, firstMoment, secondMoment }: AdamNumbers,
  settings: {
    learningRate: number;
    beta1: number;
    beta2: number;
    epsilon: number;
    weightDecay: number;
    weightDecayMode: 'l2' | 'decoupled';
    step: number;
  },
): [number, number, number] {
  const { learningRate, beta1, beta2, epsilon, weightDecay, weightDecayMode, step } = settings;
  const g = weightDecayMode === 'l2' ? gradient + weightDecay * parameter : gradient;
  const shrunk =
    weightDecayMode === 'decoupled' ? parameter - learningRate * weightDecay * parameter : parameter;
  const m = beta1 * firstMoment + (1 - beta1) * g;
  const v = beta2 * secondMoment + (1 - beta2) * g * g;
  const corrected = m / (1 - beta1 ** step) / (Math.sqrt(v / (1 - beta2 ** step)) + epsilon);
  return [shrunk - learningRate * corrected, m, v];
}
