import { requireOneOf } from '@harmonic-mlp/core';
import {
  engine,
  getKernel,
  type KernelConfig,
  type KernelFunc,
  registerKernel,
  unregisterKernel,
} from '@tensorflow/tfjs-core';
import { Heap } from './heap';
import type { WasmKernel } from './kernel';
import { compile, link, linkNow, missingGlobal, type SimdLevel, supports } from './kernel-module';
import { whyNotStarted } from './not-started';
import { objectionTo, type WasmBackend } from './wasm-backend';

/** Settings of `registerWasmKernels`. */
export interface WasmKernelOptions {
  /**
   * The instructions to use: `relaxed` has fused multiply-adds and is faster where the engine has it, `fixed` rounds
   * alike on every machine. Default: the faster one that the engine has.
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

/**
 * Where a kernel of this package keeps the one that it stands for. Copies of the package, as ESM and as CJS, know each
 * other's by it, and do not stack them.
 */
const earlierOf = Symbol.for('@harmonic-mlp/wasm-kernels earlier kernel');
type OwnConfig = KernelConfig & { [earlierOf]: KernelConfig | undefined };

const registered = new Map<string, OwnConfig>();
const warned = new Set<string>();
let compiled: { simd: SimdLevel; module: WebAssembly.Module } | undefined;
let heap: Heap | undefined;
/** How often {@link unregister} has been called. */
let unregistrations = 0;

/** Registers kernels in place of those that are there. */
export async function register(
  kernels: readonly WasmKernel[],
  { simd }: WasmKernelOptions = {},
): Promise<WasmKernelReport> {
  if (simd !== undefined) requireOneOf('simd', simd, ['fixed', 'relaxed']);
  const missing = missingGlobal();
  if (missing !== undefined) return refuse(kernels, `this environment has no ${missing}.`);
  const levels: readonly SimdLevel[] = simd === undefined ? ['relaxed', 'fixed'] : [simd];
  const level = levels.find(supports);
  if (level === undefined) return refuse(kernels, `this engine has no ${simd ?? 'fixed'} WebAssembly SIMD.`);
  const backend = startedBackend();
  if (backend === undefined) return refuse(kernels, await whyNotStarted(level));
  const objection = objectionTo(backend);
  if (objection !== undefined) return refuse(kernels, objection);

  const asked = unregistrations;
  const module = await compile(level);
  const linked = await link(module, backend.wasm.asm.memory);
  if (asked !== unregistrations) return refuse(kernels, 'unregisterWasmKernels was called meanwhile.');
  if (backend !== startedBackend()) return refuse(kernels, 'the wasm backend was removed meanwhile.');
  if (compiled?.simd !== level || heap?.backend !== backend) {
    const next = Heap.on(backend, linked);
    if (next === undefined) return refuse(kernels, 'the wasm heap has no memory left for them.');
    heap?.release();
    heap = next;
    compiled = { simd: level, module };
  }
  const report: WasmKernelReport = { simd: level, active: [], inactive: [] };
  for (const kernel of kernels) {
    if (replace(kernel)) report.active.push(kernel.name);
    else
      report.inactive.push({
        kernel: kernel.name,
        reason: 'this build of tfjs has no such kernel to replace.',
      });
  }
  return report;
}

/** Puts the kernels back that `registerWasmKernels` replaced, and frees the memory of the module. */
export function unregister(): void {
  unregistrations += 1;
  for (const [name, ours] of registered) {
    // A kernel that somebody else has put over ours stays.
    if (getKernel(name, 'wasm') !== ours) continue;
    unregisterKernel(name, 'wasm');
    if (ours[earlierOf] !== undefined) registerKernel(ours[earlierOf]);
  }
  registered.clear();
  releaseHeap();
}

/** The wasm backend, where it has been started; `findBackend` would start it. */
function startedBackend(): WasmBackend | undefined {
  return engine().registry.wasm as WasmBackend | undefined;
}

/** Puts a kernel in the place of the one that is there, if that is needed for it to be complete. */
function replace(kernel: WasmKernel): boolean {
  const { name } = kernel;
  const current = getKernel(name, 'wasm');
  if (current !== undefined && current === registered.get(name)) return true;
  const earlier = current && earlierOf in current ? (current as OwnConfig)[earlierOf] : current;
  if (earlier === undefined && kernel.fallback === undefined) return false;
  const ours: OwnConfig = {
    // With its set-up function: a backend that is started again sets up the kernels that are registered then.
    ...earlier,
    kernelName: name,
    backendName: 'wasm',
    kernelFunc: kernelFunction(kernel, earlier),
    [earlierOf]: earlier,
  };
  if (current !== undefined) unregisterKernel(name, 'wasm');
  registerKernel(ours);
  registered.set(name, ours);
  return true;
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
  if (objectionTo(backend) === undefined) {
    heap = Heap.on(backend, linkNow(compiled!.module, backend.wasm.asm.memory));
  }
  return heap;
}

function releaseHeap(): void {
  heap?.release();
  heap = undefined;
}

/** Changes nothing: kernels of an earlier call stay active. */
function refuse(kernels: readonly WasmKernel[], reason: string): WasmKernelReport {
  if (!warned.has(reason)) {
    warned.add(reason);
    console.warn(`@harmonic-mlp/wasm-kernels changes nothing: ${reason}`);
  }
  const names = kernels.map(({ name }) => name);
  const active = names.filter(
    (name) => registered.has(name) && getKernel(name, 'wasm') === registered.get(name),
  );
  return {
    simd: active.length > 0 ? compiled?.simd : undefined,
    active,
    inactive: names.filter((name) => !active.includes(name)).map((kernel) => ({ kernel, reason })),
  };
}
