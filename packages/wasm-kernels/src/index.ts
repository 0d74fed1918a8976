import { setExecutor } from '@harmonic-mlp/core/program';
import { wasmExecutor } from './executor';
import { operationKernels } from './operations';
import { programCompiler } from './program/compile-program';
import { isActive, register, unregister, type WasmKernelOptions, type WasmKernelReport } from './register';
import { stockKernels } from './stock/kernels';

export { type SimdLevel, supports as supportsSimd } from './kernel-module';
export type { WasmKernelOptions, WasmKernelReport } from './register';

/**
 * Registers SIMD kernels on the tfjs wasm backend, both for the operations of `@harmonic-mlp/core` and in place of tfjs's
 * slowest kernels. Start the backend first.
 *
 * @returns the kernels that are active, and why the others are not. If the backend or the engine lacks what they need,
 *   nothing changes, and one warning says why.
 * @throws {HarmonicError} `INVALID_ARGUMENT` if `simd` is neither `fixed` nor `relaxed`, or for an unknown option.
 * @example
 * ```ts
 * await tf.setBackend('wasm');
 * const { simd, active, inactive } = await registerWasmKernels();
 * await model.fit(train, { epochs: 1 }); // The same, several times faster.
 * ```
 */
export async function registerWasmKernels(options?: WasmKernelOptions): Promise<WasmKernelReport> {
  const report = await register([...operationKernels, ...stockKernels], options);
  if (report.simd !== undefined) setExecutor('wasm', executor);
  return report;
}

/** Restores the kernels that {@link registerWasmKernels} replaced, and frees the module's memory. */
export function unregisterWasmKernels(): void {
  setExecutor('wasm', undefined);
  unregister();
}

const executor = /* @__PURE__ */ wasmExecutor(/* @__PURE__ */ programCompiler(operationKernels, isActive));
