import { HarmonicError } from '@harmonic-mlp/core';
import { keep, scalar, type Tensor, tensor1d } from '@tensorflow/tfjs-core';
import type { AdamState } from './transforms';

type NamedTensors = { name: string; tensor: Tensor }[];

/** The state of the variables in the order of their gradients; undefined for a variable that never had a gradient. */
export type OrderedMoments = { name: string; moments?: AdamState | undefined }[];

/**
 * The state as tfjs saves it: `iter`; `steps`, the step count of each variable; then the two moments of each variable that
 * has taken a step. The first two tensors are new and kept; the moments are those given.
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
 * Reads what {@link toWeights} returned; the moments are the tensors given.
 *
 * @throws {HarmonicError} `INVALID_DATA` for the state of another kind of optimizer.
 */
export async function fromWeights(
  weights: NamedTensors,
): Promise<{ iterations: number; states: OrderedMoments }> {
  const [iter, counts, ...tensors] = weights;
  const steps = counts?.name === 'steps' ? Array.from(await counts.tensor.data()) : undefined;
  if (steps === undefined || tensors.length !== 2 * steps.filter((step) => step > 0).length) {
    const names = weights.map(({ name }) => name);
    throw new HarmonicError('INVALID_DATA', {
      argument: 'weights',
      value: names,
      problem: `The saved optimizer state (${names.join(', ')}) is not that of a HarmonicAdam.`,
      fix: 'Load it into an optimizer of the class that saved it.',
    });
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
