import {
  type KernelFor,
  type KernelReplacement,
  kernelFor,
  type Operation,
  type OperationInputs,
  type OperationOutputs,
} from '@harmonic-mlp/core';
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { KernelHeap } from '../heap';
import { heapOf } from '../linked-heap';
import type { WasmBackend } from '../wasm-backend';

type Call<T> = KernelFor<T> extends (call: infer C) => unknown ? C : never;
type Result<T> = KernelFor<T> extends (call: never) => infer R ? R : never;

/** A kernel of an operation, which programs can run too. */
export interface OperationKernel extends KernelReplacement {
  /** Computes the outputs as new tensors, by calls of kernels whose arguments depend on shapes and attributes only. */
  run(inputs: never, attributes: never, heap: KernelHeap): TensorInfo | TensorInfo[];
  readonly dynamic?: DynamicArguments<never> | undefined;
}

/** The arguments, one after the other, of a kernel's only call that follow from attributes that change from step to step. */
export interface DynamicArguments<A> {
  /** The place of the first one. */
  readonly first: number;
  /** Their values. */
  of(attributes: A): readonly number[];
}

/**
 * The kernel of an operation of `@harmonic-mlp/core`. It is called for float32 tensors (int32 labels). For others, the kernel
 * that it replaces is called, which is the operation's composed form.
 *
 * @param dynamic for an operation with dynamic attributes: the arguments that follow from them.
 */
export function operationKernel<I extends OperationInputs, A extends object, O extends OperationOutputs>(
  operation: Operation<I, A, O>,
  run: (
    inputs: Call<Operation<I, A, O>> extends { inputs: infer X } ? X : never,
    attributes: A,
    heap: KernelHeap,
  ) => Result<Operation<I, A, O>>,
  dynamic?: DynamicArguments<NoInfer<A>>,
): OperationKernel {
  const replacement = kernelFor(operation, (call, earlier) => {
    const heap = heapOf(call.backend as WasmBackend);
    if (heap === undefined) return earlier(call);
    const inputs = call.inputs as { [name: string]: TensorInfo };
    for (const name in inputs) {
      if (inputs[name].dtype !== (name === 'labels' ? 'int32' : 'float32')) return earlier(call);
    }
    return run(inputs as never, call.attrs, heap);
  });
  return { ...replacement, run: run as OperationKernel['run'], dynamic };
}
