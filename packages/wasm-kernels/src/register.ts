import {
  KernelRegistry,
  type KernelReplacement,
  type KernelReport,
  requireOneOf,
  requireOptions,
} from '@harmonic-mlp/core';
import { engine, serialization } from '@tensorflow/tfjs-core';
import { compile, link, missingGlobal, type SimdLevel, supports } from './kernel-module';
import { linkedLevel, putToWork, releaseHeap } from './linked-heap';
import { whyNotStarted } from './not-started';
import { replaceOptimizers } from './stock/optimizers';
import { objectionTo, type WasmBackend } from './wasm-backend';

/** Settings of `registerWasmKernels`. */
export interface WasmKernelOptions {
  /**
   * The instructions to use: `relaxed` has fused multiply-adds and is faster, if the engine supports it; `fixed` rounds the
   * same way on every machine. Default: the fastest that the engine supports.
   */
  simd?: SimdLevel;
}

/** What `registerWasmKernels` did. */
export interface WasmKernelReport extends KernelReport {
  /** The instructions that the kernels use; undefined if none is active. */
  simd: SimdLevel | undefined;
}

const registry = new KernelRegistry({ backend: 'wasm', owner: '@harmonic-mlp/wasm-kernels' });
const warned = new Set<string>();
/** What puts back methods of tfjs that are replaced. */
let methods: readonly (() => void)[] = [];
/** How often {@link unregister} has been called. */
let unregistrations = 0;

/** Registers kernels in place of the current ones. */
export async function register(
  kernels: readonly KernelReplacement[],
  options?: WasmKernelOptions,
): Promise<WasmKernelReport> {
  const example = "registerWasmKernels({ simd: 'fixed' })";
  const { simd } = requireOptions('options', options, example, { simd: true });
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
  // Loaded by those only who have tfjs-layers.
  const layers = hasLayers() ? await import('./layers') : undefined;
  if (asked !== unregistrations) return refuse(kernels, 'unregisterWasmKernels was called in the meantime.');
  if (backend !== startedBackend()) return refuse(kernels, 'the wasm backend was removed in the meantime.');
  if (!putToWork(backend, linked, { simd: level, module })) {
    return refuse(kernels, 'the wasm heap has no memory left for them.');
  }
  const report = registry.replace(kernels);
  // Anew, since tfjs-layers may have been loaded in the meantime.
  leaveMethods();
  methods = [replaceOptimizers(), ...(layers?.replaceLayerMethods() ?? [])];
  return { simd: level, ...report };
}

/** Restores the kernels that `registerWasmKernels` replaced, and frees the module's memory. */
export function unregister(): void {
  unregistrations += 1;
  registry.restore();
  leaveMethods();
  releaseHeap();
}

/** Whether tfjs-layers has been loaded: it registers its classes. */
const hasLayers = (): boolean => 'Model' in serialization.SerializationMap.getMap().classNameMap;

/** Puts back tfjs's own methods. */
function leaveMethods(): void {
  for (const putBack of methods) putBack();
  methods = [];
}

/** Whether a kernel is in use. */
export const isActive = (kernelName: string): boolean => registry.report([kernelName]).active.length > 0;

/** The wasm backend, if it has been started; `findBackend` would start it. */
function startedBackend(): WasmBackend | undefined {
  return engine().registry.wasm as WasmBackend | undefined;
}

/** Changes nothing: kernels of an earlier call stay active. */
function refuse(kernels: readonly KernelReplacement[], reason: string): WasmKernelReport {
  if (!warned.has(reason)) {
    warned.add(reason);
    console.warn(`@harmonic-mlp/wasm-kernels changes nothing: ${reason}`);
  }
  const { active, inactive } = registry.report(kernels.map(({ kernelName }) => kernelName));
  return {
    simd: active.length > 0 ? linkedLevel() : undefined,
    active,
    inactive: inactive.map(({ kernel }) => ({ kernel, reason })),
  };
}
