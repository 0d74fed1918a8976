import type { KernelFor, Operation, OperationInputs, OperationOutputs } from '@harmonic-mlp/core';
import { type TensorInfo, tidy } from '@tensorflow/tfjs-core';
import type { Heap } from '../heap';
import type { KernelResult, WasmKernel } from '../kernel';

type Call<T> = KernelFor<T> extends (call: infer C) => unknown ? C : never;
type Result<T> = KernelFor<T> extends (call: never) => infer R ? R : never;

/**
 * The kernel of an operation of `@harmonic-mlp/core`. It is called for float32 tensors (int32 labels); for others the
 * operation's composed form is.
 */
export function operationKernel<I extends OperationInputs, A extends object, O extends OperationOutputs>(
  operation: Operation<I, A, O>,
  run: (
    inputs: Call<Operation<I, A, O>> extends { inputs: infer X } ? X : never,
    attributes: A,
    heap: Heap,
  ) => Result<Operation<I, A, O>>,
): WasmKernel {
  return {
    name: operation.kernelName,
    run(inputs: { [name: string]: TensorInfo }, attributes: A, heap): KernelResult | undefined {
      for (const name in inputs) {
        if (inputs[name].dtype !== (name === 'labels' ? 'int32' : 'float32')) return undefined;
      }
      return run(inputs as never, attributes, heap) as KernelResult;
    },
    fallback: (inputs: I, attributes: A) =>
      tidy(() => operation.definition.compose(inputs, attributes)) as KernelResult,
  };
}
