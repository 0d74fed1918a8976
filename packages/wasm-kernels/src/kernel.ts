import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Heap } from './heap';

/** What a kernel gives. */
export type KernelResult = TensorInfo | TensorInfo[];

/** A kernel for tfjs's wasm backend that works on its heap. */
export interface WasmKernel {
  /** The name that tfjs calls it by. */
  readonly name: string;
  /**
   * Computes the outputs as new tensors, or gives undefined where it does not know how to: then the kernel that it
   * replaces is called.
   */
  run(inputs: never, attributes: never, heap: Heap): KernelResult | undefined;
  /** What is called then where it replaces none. */
  fallback?(inputs: never, attributes: never): KernelResult;
}
