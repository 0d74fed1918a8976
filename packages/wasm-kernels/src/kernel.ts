import { HarmonicError, type KernelReplacement } from '@harmonic-mlp/core';
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Heap } from './heap';
import { heapOf } from './linked-heap';
import type { WasmBackend } from './wasm-backend';

/** A kernel for tfjs's wasm backend that works on its heap. */
export interface WasmKernel {
  /** The name of the tfjs kernel that it replaces. */
  readonly name: string;
  /** Whether the backend may have no kernel of this name to replace. */
  readonly isMissing?: boolean;
  /**
   * Computes the outputs as new tensors, or returns undefined for anything it does not handle, in which case the kernel that
   * it replaces is called.
   */
  run(inputs: never, attributes: never, heap: Heap): TensorInfo | TensorInfo[] | undefined;
}

/** A kernel in the form that core's registry takes. */
export const replacementBy = ({ name, isMissing, run }: WasmKernel): KernelReplacement => ({
  kernelName: name,
  kernelFunc(call, earlier) {
    const heap = heapOf(call.backend as WasmBackend);
    return (heap && run(call.inputs as never, call.attrs as never, heap)) ?? earlier(call);
  },
  ...(isMissing && {
    composed({ inputs }) {
      const given = Object.entries(inputs).flatMap(([key, x]) =>
        x ? `${key}: ${x.dtype} [${x.shape}]` : [],
      );
      throw new HarmonicError('UNSUPPORTED', {
        problem: `The wasm backend has no ${name} for these inputs: ${given.join(', ')}.`,
        fix: 'Pass tensors of other types or shapes, or use the cpu backend.',
      });
    },
  }),
});
