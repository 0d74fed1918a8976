import {
  getKernel,
  type KernelConfig,
  type KernelFunc,
  registerKernel,
  unregisterKernel,
} from '@tensorflow/tfjs-core';
import { Heap } from './heap';
import type { KernelResult, WasmKernel } from './kernel';
import { compile, type SimdLevel, supports } from './kernel-module';
import { inspectBackend, type WasmBackend } from './wasm-backend';

/** Settings of `registerWasmKernels`. */
export interface WasmKernelOptions {
  /**
   * The instructions to use: `relaxed` has fused multiply-adds and is faster where the engine has it, `fixed` gives the
   * same bits on every machine. Default: the faster one that the engine has.
   */
  simd?: SimdLevel;
}

/** What `registerWasmKernels` did. */
export interface WasmKernelReport {
  /** The instructions that the kernels use; undefined where none is active. */
  simd: SimdLevel | undefined;
  /** The names of the kernels that are active. */
  active: string[];
  /** The others, and why they are not. */
  inactive: { kernel: string; reason: string }[];
}

interface Replacement {
  readonly ours: KernelConfig;
  readonly earlier: KernelConfig | undefined;
}

const replacements = new Map<string, Replacement>();
const heaps = new Map<WasmBackend, Heap>();
const warned = new Set<string>();
let current: { simd: SimdLevel; module: WebAssembly.Module } | undefined;

/** Registers kernels in place of those that are there. */
export async function register(
  kernels: readonly WasmKernel[],
  { simd }: WasmKernelOptions = {},
): Promise<WasmKernelReport> {
  const levels: readonly SimdLevel[] = simd === undefined ? ['relaxed', 'fixed'] : [simd];
  const level = levels.find(supports);
  if (level === undefined) return nothing(kernels, `this engine has no ${simd === 'relaxed' ? 'relaxed ' : ''}WebAssembly SIMD.`);
  const inspected = inspectBackend();
  if ('reason' in inspected) return nothing(kernels, inspected.reason);
  const module = await compile(level);
  if (current?.simd !== level) releaseHeaps();
  current = { simd: level, module };
  try {
    heapOf(inspected.backend);
  } catch (error) {
    return nothing(kernels, (error as Error).message);
  }
  for (const kernel of kernels) replace(kernel);
  return { simd: level, active: kernels.map(({ name }) => name), inactive: [] };
}

/** Puts the kernels back that {@link register} replaced. */
export function unregister(): void {
  for (const [name, { ours, earlier }] of replacements) {
    // A kernel that somebody else has put over ours stays.
    if (getKernel(name, 'wasm') !== ours) continue;
    unregisterKernel(name, 'wasm');
    if (earlier !== undefined) registerKernel(earlier);
  }
  replacements.clear();
  releaseHeaps();
}

function replace(kernel: WasmKernel): void {
  const { name } = kernel;
  const earlier = getKernel(name, 'wasm');
  const replacement = replacements.get(name);
  if (replacement !== undefined && replacement.ours === earlier) return;
  const ours = { kernelName: name, backendName: 'wasm', kernelFunc: kernelFunction(kernel, earlier) };
  if (earlier !== undefined) unregisterKernel(name, 'wasm');
  registerKernel(ours);
  replacements.set(name, { ours, earlier });
}

function kernelFunction(kernel: WasmKernel, earlier: KernelConfig | undefined): KernelFunc {
  return (call) => {
    const { inputs, attrs, backend } = call;
    const result = kernel.run(inputs as never, attrs as never, heapOf(backend as WasmBackend));
    if (result !== undefined) return result;
    if (earlier !== undefined) return earlier.kernelFunc(call);
    return kernel.fallback?.(inputs as never, attrs as never) as KernelResult;
  };
}

/** The kernels on the heap of a backend, which may be another than at registration. */
function heapOf(backend: WasmBackend): Heap {
  let heap = heaps.get(backend);
  if (heap === undefined) {
    heap = new Heap(backend, current!.module);
    heaps.set(backend, heap);
  }
  return heap;
}

function releaseHeaps(): void {
  for (const heap of heaps.values()) heap.release();
  heaps.clear();
}

function nothing(kernels: readonly WasmKernel[], reason: string): WasmKernelReport {
  if (!warned.has(reason)) {
    warned.add(reason);
    console.warn(`@harmonic-mlp/wasm-kernels changes nothing: ${reason}`);
  }
  return { simd: undefined, active: [], inactive: kernels.map(({ name }) => ({ kernel: name, reason })) };
}
