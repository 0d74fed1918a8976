import { mul, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core';
import { defineOperation, type Operation } from '../operation';
import type { Bounds } from '../requirements';
import { requireAttributes } from './require-attributes';

/** What defines an operation on each value of a tensor; see {@link defineElementwise}. */
interface ElementwiseDefinition<A extends { readonly [Name in keyof A]: number }> {
  /** The name of its kernel; that of its gradient ends in `Gradient`. */
  readonly name: `HarmonicMLP.${string}`;
  /** An example of a call, for error messages. */
  readonly example: string;
  /** The bounds of its attributes. */
  readonly attributes: { readonly [Name in keyof A]-?: Bounds };
  /** f(z), in terms of tfjs-core's own operations. */
  value(z: Tensor2D, attributes: A): Tensor;
  /** f′(z), in the same terms. */
  slope(z: Tensor2D, attributes: A): Tensor;
}

/** An operation on each value of a tensor, `y = f(z)`. */
export interface ElementwiseOperation<A extends object> extends Operation<{ z: Tensor2D }, A, Tensor2D> {
  /** The operation that computes its gradient, `dz = dy·f′(z)`. */
  readonly gradientOperation: Operation<{ dy: Tensor2D; z: Tensor2D }, A, Tensor2D>;
}

/** Makes an operation that maps each value by itself, and the operation that computes its gradient. */
/* @__NO_SIDE_EFFECTS__ */
export function defineElementwise<A extends { readonly [Name in keyof A]: number } = Record<never, never>>({
  name,
  example,
  attributes: bounds,
  value,
  slope,
}: ElementwiseDefinition<A>): ElementwiseOperation<A> {
  type Gradient = ElementwiseOperation<A>['gradientOperation'];
  const gradientOperation: Gradient = defineOperation({
    name: `${name}Gradient`,
    compose: ({ dy, z }: { dy: Tensor2D; z: Tensor2D }, attributes: A): Tensor2D =>
      mul(dy, slope(z, attributes)),
  });
  const operation = defineOperation({
    name,
    validate(_: { z: Tensor2D }, attributes: A) {
      requireAttributes(attributes, example, bounds as never);
    },
    compose: ({ z }, attributes) => value(z, attributes) as Tensor2D,
    savedInputs: ['z'],
    gradient: (dy, [z], attributes) => ({
      z: () => gradientOperation({ dy: dy as Tensor2D, z: z as Tensor2D }, attributes),
    }),
  });
  return Object.assign(operation, { gradientOperation });
}
