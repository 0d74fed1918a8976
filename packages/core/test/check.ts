import { randomKey, randomUniform } from '@harmonic-mlp/core';
import { backend, dispose, grads, memory, type Tensor } from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import { expectAllClose, type Tolerance } from '../../../test/support/allclose';
import { type FixtureTensor, fromTensor, toTensor } from '../../../test/support/fixtures';

/** How closely the operations match the references. */
export interface SuiteTolerances {
  /** Of results. Default 1e-5. */
  results: Tolerance;
  /** Of gradients. Default 1e-5. */
  gradients: Tolerance;
}

/** The values of a tensor, and its type if it is not float32. */
export type Values = FixtureTensor & { dtype?: 'int32' };

export const size = (shape: readonly number[]) => shape.reduce((product, length) => product * length, 1);

/** Float32 numbers from `low` to `high`, the same for the same seed. */
export function uniform(seed: number, shape: number[], low = -1, high = 1): Values {
  const draws = randomUniform(randomKey(seed), size(shape));
  return { shape, data: Array.from(draws, (u) => Math.fround(low + (high - low) * u)) };
}

const counts = () => ({ ...memory(), dataIds: backend().numDataIds() });

/**
 * Runs `make`, expects it to leave only its results behind, reads them, and frees them. Reading also lets webgpu free
 * disposed tensors: it waits until its commands have been submitted.
 */
export async function read(make: () => Tensor | Tensor[], label?: string): Promise<Values[]> {
  const before = counts();
  const made: Tensor[] = [make()].flat();
  expect(counts().numTensors - before.numTensors, `tensors left by the ${label ?? 'call'}`).toBe(made.length);
  const values = await Promise.all(
    made.map(async (tensor): Promise<Values> => {
      const value = await fromTensor(tensor);
      return tensor.dtype === 'int32' ? { ...value, dtype: 'int32' } : value;
    }),
  );
  dispose(made);
  expect(counts(), `memory after the ${label ?? 'call'}`).toMatchObject({
    numTensors: before.numTensors,
    numDataBuffers: before.numDataBuffers,
    dataIds: before.dataIds,
  });
  return values;
}

/** Tensors of the given values, for the duration of `use`. */
export async function withTensors<N extends string, R>(
  values: Record<N, Values>,
  use: (tensors: Record<N, Tensor>) => R | Promise<R>,
): Promise<R> {
  const tensors = Object.fromEntries(
    Object.entries<Values>(values).map(([name, value]) => [name, toTensor(value, value.dtype)]),
  ) as Record<N, Tensor>;
  try {
    return await use(tensors);
  } finally {
    dispose(tensors);
  }
}

/** Results of an operation and the gradients of `sum(first result · dy)`, read and freed, each checked for leaks. */
export function runWithGradients<N extends string>(
  inputs: Record<N, Values>,
  run: (inputs: Record<N, Tensor>) => Tensor | Tensor[],
  differentiable: readonly NoInfer<N>[],
  dy: Values,
): Promise<{ results: Values[]; gradients: Record<N, Values> }> {
  return withTensors(inputs, async (tensors) => {
    const results = await read(() => run(tensors));
    const gradients = await withTensors({ dy }, async ({ dy }) => {
      const of = (names: readonly N[]) =>
        read(
          () =>
            grads((...given) => {
              const replaced = Object.fromEntries(names.map((name, i) => [name, given[i]]));
              return [run({ ...tensors, ...replaced })].flat()[0];
            })(
              names.map((name) => tensors[name]),
              dy,
            ),
          `gradient by ${names.join(', ')}`,
        );
      const together = await of(differentiable);
      for (const [i, name] of differentiable.entries()) {
        expect(await of([name]), `gradient by ${name} alone`).toEqual([together[i]]);
      }
      return Object.fromEntries(differentiable.map((name, i) => [name, together[i]]));
    });
    return { results, gradients: gradients as Record<N, Values> };
  });
}

/**
 * Expects the results of an operation to match a float64 reference, and its gradients to match the reference's central
 * differences; the gradients are those of the first result, weighted by random numbers.
 */
export async function expectLikeReference<N extends string>(
  inputs: Record<N, Values>,
  run: (inputs: Record<N, Tensor>) => Tensor | Tensor[],
  reference: (inputs: Record<N, Values>) => Values[],
  differentiable: readonly NoInfer<N>[],
  tolerances: SuiteTolerances,
): Promise<void> {
  const expected = reference(inputs);
  const dy = uniform(1009, expected[0].shape);
  const { results, gradients } = await runWithGradients(inputs, run, differentiable, dy);
  expect(results.length).toBe(expected.length);
  expected.forEach((values, i) => {
    expectAllClose(results[i], values, tolerances.results, `result ${i}`);
  });
  for (const name of differentiable) {
    const loss = (data: number[]) => {
      const [y] = reference({ ...inputs, [name]: { ...inputs[name], data } });
      return y.data.reduce((total, value, i) => total + value * dy.data[i], 0);
    };
    const { shape, data } = inputs[name];
    const differences = { shape, data: centralDifferences(loss, data) };
    expectAllClose(gradients[name], differences, tolerances.gradients, `gradient by ${name}`);
  }
}

/** The gradient of a float64 function; with this step, its error is on the order of 1e-10. */
function centralDifferences(f: (at: number[]) => number, at: number[], step = 1e-5): number[] {
  return at.map((value, i) => {
    const near = (offset: number) => f(at.map((other, k) => (k === i ? value + offset : other)));
    return (near(step) - near(-step)) / (2 * step);
  });
}
