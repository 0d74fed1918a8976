import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { KernelHeap } from '../heap';

/** Where programs, and the values that they work on, are. */
export interface ProgramMemory {
  /** The memory that a kernel may use during a call, at the addresses of this memory. */
  readonly heap: Pick<KernelHeap, 'scratch' | 'scratchBytes'>;
  /** How many threads execute a program together. */
  readonly threads: number;
  /** Whether it is still there, and the kernels in use. */
  readonly isCurrent: boolean;
  /** All of it; another object once it has grown. */
  readonly buffer: ArrayBufferLike;
  /** The address of so many bytes, not initialized; 0 if there are none left. */
  allocate(bytes: number): number;
  /** Gives an allocation back. */
  free(address: number): void;
  /** The address of a tensor's first value; its data are brought here if they are elsewhere. */
  addressOf(tensor: TensorInfo): number;
  /** Whether other tensors have the same data. */
  isShared(tensor: TensorInfo): boolean;
  /** Executes the calls at an address. */
  execute(code: number): void;
}
