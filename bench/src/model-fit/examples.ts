import { foldIn, randomKey, randomUniform } from '@harmonic-mlp/core';
import type { FitNetwork } from './networks';

/** Random examples of a network's shapes, the same in every process. */
export function examplesFor(
  { inputShape, vocabulary, outputs, loss }: FitNetwork,
  count: number,
): { inputs: Float32Array; targets: Float32Array } {
  const key = randomKey(0, 'examples');
  const size = inputShape.reduce((product, length) => product * length, 1);
  const inputs = randomUniform(foldIn(key, 'inputs'), count * size);
  const numbers = randomUniform(foldIn(key, 'targets'), count * (outputs === 1 ? 1 : outputs));
  return {
    inputs: vocabulary === undefined ? inputs : inputs.map((value) => Math.floor(value * vocabulary)),
    targets: targetsOf(loss, outputs, numbers),
  };
}

function targetsOf(loss: FitNetwork['loss'], outputs: number, numbers: Float32Array): Float32Array {
  if (loss === 'meanSquaredError') return numbers;
  if (loss === 'binaryCrossentropy') return numbers.map(Math.round);
  // The class of each example is that of its first number.
  return numbers.map((_, i) => {
    const first = numbers[i - (i % outputs)];
    return Number(Math.floor(first * outputs) === i % outputs);
  });
}
