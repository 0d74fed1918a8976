import {
  abs,
  div,
  matMul,
  type Scalar,
  square,
  sub,
  sum,
  type Tensor,
  type Tensor2D,
  tensor2d,
  tidy,
  variable,
  zeros,
} from '@tensorflow/tfjs-core';
import type { ExampleSource, Examples, Metric, Model, Task } from '../src';

/** Examples of a line, y = x·(2, −3). */
export interface Points extends Examples {
  readonly targets: Tensor2D;
}

export const line: ExampleSource<Points> = {
  size: 40,
  inputSize: 2,
  *batches({ batchSize, start = 0 }) {
    for (let first = start * batchSize; first < 40; first += batchSize) {
      const rows = Array.from({ length: Math.min(batchSize, 40 - first) }, (_, i) => [
        Math.sin(first + i),
        Math.cos(2 * (first + i)),
      ]);
      const targets = tensor2d(rows.map(([a, b]) => [2 * a - 3 * b]));
      yield { inputs: tensor2d(rows), targets, size: rows.length };
    }
  },
};

const absoluteError: Metric<Points> = {
  name: 'absoluteError',
  sum: (outputs, { targets }) => tidy(() => sum(abs(sub(outputs, targets))) as Scalar),
};

export const leastSquares: Task<Points> = {
  name: 'leastSquares',
  metrics: [absoluteError],
  loss: (outputs, { targets, size }) => tidy(() => div(sum(square(sub(outputs, targets))), size) as Scalar),
  requireData() {},
  describeBatch: () => '{ inputs, targets, size }',
  faultOf: () => undefined,
  findUnusable: async () => undefined,
};

/** The smallest model that there is. */
export function linearModel(architecture?: string): Model & { dispose(): void } {
  const weights = tidy(() => variable(zeros([2, 1])));
  return {
    architecture,
    config: { kind: 'line' },
    inputSize: 2,
    outputSize: 1,
    seed: 0,
    smallestBatch: 1,
    parameters: { weights },
    variables: { weights },
    harmonicLayers: [],
    get isDisposed() {
      return weights.isDisposed;
    },
    requireAlive() {},
    forward: (x) => matMul(x, weights as Tensor as Tensor2D),
    dispose: () => weights.dispose(),
  };
}
