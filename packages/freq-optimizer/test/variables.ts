import {
  customGrad,
  mul,
  type Optimizer,
  type Scalar,
  scalar,
  type Tensor,
  tensor,
  tidy,
  type Variable,
  variable,
} from '@tensorflow/tfjs-core';
import { type FixtureTensor, fromTensor, toTensor } from '../../../test/support/fixtures';

/** Tensors by path, as fixtures hold them. */
export type ByPath<T> = Record<string, T>;

/** Fresh variables with the given values; the caller disposes of them. */
export function variablesOf(values: ByPath<FixtureTensor>): ByPath<Variable> {
  return tidy(() =>
    Object.fromEntries(Object.entries(values).map(([path, value]) => [path, variable(toTensor(value))])),
  );
}

/** Copies of the tensors' values. */
export async function valuesOf(tensors: ByPath<Tensor>): Promise<ByPath<FixtureTensor>> {
  const paths = Object.keys(tensors);
  const values = await Promise.all(paths.map((path) => fromTensor(tensors[path])));
  return Object.fromEntries(paths.map((path, i) => [path, values[i]]));
}

/** One step with these gradients; paths without one get none. Frees the gradients. */
export function applyByPath(
  optimizer: Optimizer,
  variables: ByPath<Variable>,
  gradients: ByPath<FixtureTensor>,
): void {
  tidy(() =>
    optimizer.applyGradients(
      Object.fromEntries(
        Object.entries(gradients).map(([path, gradient]) => [variables[path].name, toTensor(gradient)]),
      ),
    ),
  );
}

/**
 * A loss of one variable with a handwritten gradient, because tfjs-core alone registers no gradients. It reads the variable
 * in the middle of a step, which webgpu cannot do.
 */
export function handMadeLoss(
  x: Variable,
  value: (x: number[]) => number,
  gradient: (x: number[]) => number[],
): () => Scalar {
  const loss = customGrad((at) => {
    const point = Array.from((at as Tensor).dataSync());
    return {
      value: scalar(value(point)),
      gradFunc: (dy: Tensor) => mul(dy, tensor(gradient(point), x.shape)),
    };
  });
  return () => loss(x) as Scalar;
}
