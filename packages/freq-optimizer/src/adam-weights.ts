import { HarmonicError } from '@harmonic-mlp/core';
import { keep, scalar, type Tensor, tensor1d } from '@tensorflow/tfjs-core';
import type { AdamState } from './adam-moments';

type NamedTensors = { name: string; tensor: Tensor }[];

/** The state of the variables in the order of their gradients; nothing for one that never had a gradient. */
export type OrderedMoments = { name: string; moments?: AdamState | undefined }[];

/**
 * The state as tfjs saves it: `iter`, then `steps`, the step count of each variable, then the two moments of each
 * variable that has taken one. The first two tensors are new, and kept; the moments are those given.
 */
export function toWeights(iterations: number, states: OrderedMoments): NamedTensors {
  const steps = states.map(({ moments }) => moments?.step ?? 0);
  return [
    { name: 'iter', tensor: keep(scalar(iterations, 'int32')) },
    { name: 'steps', tensor: keep(tensor1d(steps, 'int32')) },
    ...states.flatMap(({ name, moments }) =>
      moments === undefined
        ? []
        : [
            { name: `${name}/m`, tensor: moments.first_moment },
            { name: `${name}/v`, tensor: moments.second_moment },
          ],
    ),
  ];
}

/**
 * Reads what {@link toWeights} gave; the moments are the tensors given.
 *
 * @throws {HarmonicError} `INVALID_DATA` when it is the state of something else.
 */
export async function fromWeights(
  weights: NamedTensors,
): Promise<{ iterations: number; states: OrderedMoments }> {
  const [iter, counts, ...tensors] = weights;
  const steps = counts?.name === 'steps' ? Array.from(await counts.tensor.data()) : undefined;
  if (steps === undefined || tensors.length !== 2 * steps.filter((step) => step > 0).length) {
    throw new HarmonicError(
      'INVALID_DATA',
      `The saved optimizer state (${weights.map(({ name }) => name).join(', ')}) is not one of HarmonicAdam.`,
    );
  }
  const [iterations] = await iter.tensor.data();
  let next = 0;
  const states = steps.map((step, position) => {
    if (step === 0) return { name: `variable ${position}` };
    const [first, second] = [tensors[next++], tensors[next++]];
    const name = first.name.replace(/\/m$/, '');
    return { name, moments: { first_moment: first.tensor, second_moment: second.tensor, step } };
  });
  return { iterations, states };
}
