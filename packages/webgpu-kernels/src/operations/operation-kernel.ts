import type { Operation, OperationInputs, OperationOutputs } from '@harmonic-mlp/core';
import {
  type BufferUse,
  type Changing,
  float,
  type Given,
  input,
  type Lowered,
  type Lowering,
  output,
  sizeOf,
} from '../lowering';
import { groupsFor, type Shader } from '../shader';

/** An operation of `@harmonic-mlp/core`, and how this package computes it. */
export interface OperationKernel {
  readonly operation: Operation<OperationInputs, never, OperationOutputs>;
  readonly lower: Lowering<never>;
  readonly changing?: Changing<never> | undefined;
}

/**
 * @param lower how it is computed, for float32 tensors (int32 labels).
 * @param changing for an operation with dynamic attributes, what follows from them.
 */
/* @__NO_SIDE_EFFECTS__ */
export const kernelOf = <I extends OperationInputs, A extends object, O extends OperationOutputs>(
  operation: Operation<I, A, O>,
  lower: Lowering<NoInfer<A>>,
  changing?: Changing<NoInfer<A>>,
): OperationKernel => ({
  operation: operation as never,
  lower: lower as Lowering<never>,
  changing: changing as Changing<never> | undefined,
});

/**
 * Of a shader of `perElement` whose output has the shape of an input.
 *
 * @param reads the inputs, in the order of the shader's; the output has the shape of the first.
 * @param parameters those besides `count`.
 */
/* @__NO_SIDE_EFFECTS__ */
export const elementwise =
  <A>(
    shader: Shader,
    reads: readonly string[],
    parameters: (given: Given<A>) => { readonly [name: string]: number } = () => ({}),
  ): Lowering<A> =>
  (given) => {
    const form = given.inputs[reads[0]];
    const count = sizeOf(form);
    return {
      outputs: [float(form.shape)],
      dispatches: [
        {
          shader,
          buffers: [...reads.map(input), output(0)],
          parameters: { count, ...parameters(given) },
          groups: groupsFor(count),
        },
      ],
    };
  };

/** Of a shader of `sumsOfColumns` over an input [batch, units], whose outputs are [units]. */
/* @__NO_SIDE_EFFECTS__ */
export const columnSums =
  <A>(
    shader: Shader,
    reads: readonly string[],
    parameters: (given: Given<A>) => { readonly [name: string]: number } = () => ({}),
  ): Lowering<A> =>
  (given) => {
    const [batch, units] = given.inputs[reads[0]].shape;
    const writes = Array.from({ length: shader.writes }, (_, i) => output(i));
    return {
      outputs: writes.map(() => float([units])),
      dispatches: [
        columnDispatch(shader, [...reads.map(input), ...writes], [batch, units], parameters(given)),
      ],
    };
  };

/** A dispatch of a shader that works on the columns of [batch, units], in workgroups of `columnGroup`. */
export const columnDispatch = (
  shader: Shader,
  buffers: readonly BufferUse[],
  [batch, units]: readonly number[],
  parameters: { readonly [name: string]: number } = {},
): Lowered['dispatches'][number] => ({
  shader,
  buffers,
  parameters: { batch, units, ...parameters },
  groups: [Math.ceil(units / 16), 1],
});
