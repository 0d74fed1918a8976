import { version_wasm } from '@tensorflow/tfjs-backend-wasm';
import { setBackend } from '@tensorflow/tfjs-core';
import { type Backend, BackendMissing } from './backend';
import { processor } from './processor';

/**
 * tfjs in WebAssembly.
 *
 * @param kernels whether it uses this project's SIMD kernels.
 * @throws {BackendMissing} when it does not start.
 */
export async function startWasm({ kernels }: { kernels: boolean }): Promise<Backend> {
  if (!(await setBackend('wasm'))) {
    throw new BackendMissing(
      'wasm',
      `tfjs could not start it on Node ${process.version}.`,
      'Try --backend cpu.',
    );
  }
  const simd = kernels ? await simdOfKernels() : undefined;
  const level = { relaxed: 'relaxed SIMD kernels', fixed: 'SIMD kernels', none: 'no SIMD kernels' };
  return {
    name: 'wasm',
    description: kernels ? `wasm backend with ${level[simd ?? 'none']}` : 'wasm backend',
    simd,
    version: `tfjs-backend-wasm ${version_wasm}`,
    device: processor(),
    keepsData: false,
    close: async () => {},
  };
}

/** Registers the kernels; undefined if this engine has no SIMD. */
async function simdOfKernels(): Promise<Backend['simd']> {
  const { registerWasmKernels } = await import('@harmonic-mlp/wasm-kernels');
  return (await registerWasmKernels()).simd;
}
