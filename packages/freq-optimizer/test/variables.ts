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
import { type FixtureTensor, toTensor } from '../../../test/support/fixtures';

/** Tensors by path, as fixtures hold them. */
export type ByPath<T> = Record<string, T>;

/** Fresh variables with the given values; the caller disposes them. */
export function variablesOf(values: ByPath<FixtureTensor>): ByPath<Variable> {
  return tidy(() =>
    Object.fromEntries(Object.entries(values).map(([path, value]) => [path, variable(toTensor(value))])),
  );
}

/** Copies of the variables' values. */
export function valuesOf(variables: ByPath<Variable>): ByPath<FixtureTensor> {
  return Object.fromEntries(
    Object.entries(variables).map(([path, variable]) => [
      path,
      { shape: variable.shape, data: Array.from(variable.dataSync()) },
    ]),
  );
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

/** A loss of one variable with a gradient by hand: tfjs-core alone registers the gradients of no operation. */
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
