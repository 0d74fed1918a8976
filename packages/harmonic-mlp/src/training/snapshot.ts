import { dispose as disposeTensors, getBackend, tensor, tidy, type Variable } from '@tensorflow/tfjs-core';
import type { Model } from '../model';
import { areFinite } from './finite';
import { copyWeights, putBack } from './weights';

/** The values of a model's variables at some time. */
export interface Snapshot {
  /** Whether all of them are finite, judged by their sums. */
  areFinite(): Promise<boolean>;
  /**
   * Restores them.
   *
   * @throws {HarmonicError} `UNSUPPORTED` for a disposed model.
   */
  restore(): void;
  dispose(): void;
}

/**
 * What takes snapshots of a model's variables. On wasm, whose memory is that of JavaScript, it reads them: programs change variables
 * in place, so tensors that share memory with them would cost a kernel for each at the next step.
 */
export function snapshotsOf(model: Model): () => Snapshot {
  const variables = Object.values(model.variables);
  return () => (getBackend() === 'wasm' ? arraysOf(model, variables) : tensorsOf(model));
}

function arraysOf(model: Model, variables: readonly Variable[]): Snapshot {
  const arrays = variables.map((variable) => variable.dataSync());
  return {
    areFinite: async () => arrays.every((values) => Number.isFinite(sumOf(values))),
    restore: () =>
      tidy(() => {
        const weights = arrays.map((values, i) => tensor(values, variables[i].shape));
        putBack(model, weights);
      }),
    dispose() {},
  };
}

function tensorsOf(model: Model): Snapshot {
  const tensors = copyWeights(model);
  return {
    areFinite: () => areFinite(tensors),
    restore: () => putBack(model, tensors),
    dispose: () => disposeTensors(tensors),
  };
}

function sumOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum;
}
