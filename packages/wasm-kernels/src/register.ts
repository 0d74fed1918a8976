import { requireOneOf } from '@harmonic-mlp/core';
import {
  findBackend,
  getKernel,
  type KernelConfig,
  type KernelFunc,
  registerKernel,
  unregisterKernel,
} from '@tensorflow/tfjs-core';
import { Heap } from './heap';
import type { WasmKernel } from './kernel';
import { compile, type SimdLevel, supports } from './kernel-module';
import { objectionTo, type WasmBackend } from './wasm-backend';

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
const warned = new Set<string>();
let compiled: { simd: SimdLevel; module: WebAssembly.Module } | undefined;
let heap: Heap | undefined;

/** Registers kernels in place of those that are there. */
export async function register(
  kernels: readonly WasmKernel[],
  { simd }: WasmKernelOptions = {},
): Promise<WasmKernelReport> {
  if (simd !== undefined) requireOneOf('simd', simd, ['fixed', 'relaxed']);
  const levels: readonly SimdLevel[] = simd === undefined ? ['relaxed', 'fixed'] : [simd];
  const level = levels.find(supports);
  if (level === undefined) return refuse(kernels, `this engine has no ${simd ?? 'fixed'} WebAssembly SIMD.`);
  const backend = findBackend('wasm') as WasmBackend | null;
  const objection = objectionTo(backend);
  if (objection !== undefined) return refuse(kernels, objection);
  if (compiled?.simd !== level) {
    compiled = { simd: level, module: await compile(level) };
    releaseHeap();
  }
  if (heapOf(backend!) === undefined) return refuse(kernels, 'the wasm heap has no memory left for them.');
  for (const kernel of kernels) replace(kernel);
  return { simd: level, active: kernels.map(({ name }) => name), inactive: [] };
}

/** Puts the kernels back that `registerWasmKernels` replaced, and frees the memory of the module. */
export function unregister(): void {
  for (const [name, { ours, earlier }] of replacements) {
    // A kernel that somebody else has put over ours stays.
    if (getKernel(name, 'wasm') !== ours) continue;
    unregisterKernel(name, 'wasm');
    if (earlier !== undefined) registerKernel(earlier);
  }
  replacements.clear();
  releaseHeap();
}

function replace(kernel: WasmKernel): void {
  const { name } = kernel;
  const earlier = getKernel(name, 'wasm');
  const replacement = replacements.get(name);
  if (replacement !== undefined && replacement.ours === earlier) return;
  const ours = {
    // With its set-up function: a backend that is started again sets up the kernels that are registered then.
    ...earlier,
    kernelName: name,
    backendName: 'wasm',
    kernelFunc: kernelFunction(kernel, earlier),
  };
  if (earlier !== undefined) unregisterKernel(name, 'wasm');
  registerKernel(ours);
  replacements.set(name, { ours, earlier });
}

function kernelFunction(kernel: WasmKernel, earlier: KernelConfig | undefined): KernelFunc {
  return (call) => {
    const { inputs, attrs, backend } = call;
    const heap = heapOf(backend as WasmBackend);
    const result = heap && kernel.run(inputs as never, attrs as never, heap);
    if (result !== undefined) return result;
    if (earlier !== undefined) return earlier.kernelFunc(call);
    return kernel.fallback!(inputs as never, attrs as never);
  };
}

/** The kernels on the heap of a backend, or undefined where it has no room for them, or is one to object to. */
function heapOf(backend: WasmBackend): Heap | undefined {
  if (heap?.backend === backend) return heap;
  // The backend has been removed and started again.
  releaseHeap();
  if (objectionTo(backend) === undefined) heap = Heap.on(backend, compiled!.module);
  return heap;
}

function releaseHeap(): void {
  heap?.release();
  heap = undefined;
}

function refuse(kernels: readonly WasmKernel[], reason: string): WasmKernelReport {
  if (!warned.has(reason)) {
    warned.add(reason);
    console.warn(`@harmonic-mlp/wasm-kernels changes nothing: ${reason}`);
  }
  return { simd: undefined, active: [], inactive: kernels.map(({ name }) => ({ kernel: name, reason })) };
}
