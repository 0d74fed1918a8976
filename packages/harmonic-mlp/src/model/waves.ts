import type { DenseLayer } from '@harmonic-mlp/harmonic-layer';
import { div, max, min, sub, type Tensor1D, type Tensor2D, tensor1d, tidy } from '@tensorflow/tfjs-core';
import type { ModelConcern } from './model';

/** With fewer waves, a sine is nearly a straight line. */
const fewest = 0.25;
/** With more, neighboring inputs have unrelated outputs. */
const most = 100;

/**
 * The number of waves that each column of a layer sees, `(max z − min z)/p`; infinite for one that has no period.
 *
 * @param z the arguments of the activation, [batch, columns].
 * @returns [columns].
 */
export const wavesOf = (layer: DenseLayer & { readonly periods: Float32Array }, z: Tensor2D): Tensor1D =>
  tidy(() => div(sub(max(z, 0), min(z, 0)), layer.currentPeriods?.() ?? tensor1d(layer.periods)));

/**
 * What is the matter with a layer whose columns see these numbers of waves, if anything is.
 *
 * @param path its path in the model.
 */
export function concernOf(path: string, columns: Float32Array): ModelConcern | undefined {
  const sorted = columns.filter(Number.isFinite).sort();
  const waves = sorted[Math.floor(sorted.length / 2)];
  if (waves === 0) {
    const message = `The units of ${path} see no difference between the examples of the first batch: their inputs are constant, or differ too little for 32-bit floats. Subtract an offset from the data, or scale it up.`;
    return { kind: 'constant-inputs', layer: path, waves, message };
  }
  const kind = waves < fewest ? 'long-periods' : waves > most ? 'short-periods' : undefined;
  if (kind === undefined) return undefined;
  const count = Number(waves.toPrecision(2));
  const what =
    kind === 'long-periods'
      ? `The periods of ${path} are long for its inputs: half of its units see less than ${count} of a wave in the first batch, and are nearly linear. Use shorter periods`
      : `The periods of ${path} are short for its inputs: half of its units see more than ${count} waves in the first batch, so neighboring inputs have unrelated outputs. Use longer periods`;
  const message = `${what}, such as those that HarmonicMLP.forData proposes, or scale the inputs.`;
  return { kind, layer: path, waves, message };
}
