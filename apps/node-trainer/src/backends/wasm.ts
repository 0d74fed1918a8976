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
  return {
    name: 'wasm',
    description: kernels ? await withKernels() : 'wasm backend',
    version: `tfjs-backend-wasm ${version_wasm}`,
    device: processor(),
    keepsData: false,
    close: async () => {},
  };
}

async function withKernels(): Promise<string> {
  const { registerWasmKernels } = await import('@harmonic-mlp/wasm-kernels');
  const { simd } = await registerWasmKernels();
  const level = { relaxed: 'relaxed SIMD kernels', fixed: 'SIMD kernels', none: 'no SIMD kernels' };
  return `wasm backend with ${level[simd ?? 'none']}`;
}
