import { Heap } from './heap';
import { type KernelModule, linkNow, type SimdLevel } from './kernel-module';
import { objectionTo, type WasmBackend } from './wasm-backend';

let compiled: { simd: SimdLevel; module: WebAssembly.Module } | undefined;
let heap: Heap | undefined;

/** The instructions of the kernels last put to work. */
export const linkedLevel = (): SimdLevel | undefined => compiled?.simd;

/** Puts a module that is linked to a backend's memory to work on its heap; returns false if the heap has no memory left. */
export function putToWork(
  backend: WasmBackend,
  linked: KernelModule,
  next: NonNullable<typeof compiled>,
): boolean {
  if (compiled?.simd === next.simd && heap?.backend === backend) return true;
  const nextHeap = Heap.on(backend, linked);
  if (nextHeap === undefined) return false;
  heap?.release();
  heap = nextHeap;
  compiled = next;
  return true;
}

/** The kernels that are at work on a backend's heap, if they are; links nothing. */
export const linkedHeap = (backend: WasmBackend | undefined): Heap | undefined =>
  heap?.backend === backend ? heap : undefined;

/** The kernels on a backend's heap; undefined if it has no room for them, or they cannot work with it. */
export function heapOf(backend: WasmBackend): Heap | undefined {
  if (heap?.backend === backend) return heap;
  // The backend was removed and started again.
  releaseHeap();
  if (objectionTo(backend) === undefined) {
    heap = Heap.on(backend, linkNow(compiled!.module, backend.wasm.asm.memory));
  }
  return heap;
}

/** Frees the memory of the kernels. */
export function releaseHeap(): void {
  heap?.release();
  heap = undefined;
}
