import { registerWasmKernels } from '@harmonic-mlp/wasm-kernels';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import wasmFile from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url';
import { enableProdMode, env, ready, setBackend } from '@tensorflow/tfjs-core';
import type { BackendName } from '../page-settings';
import type { Computer } from './protocol';

/** A backend that has started. */
interface Started {
  computer: Computer;
  /** Rejects when what computes is lost, or fails to do what it is told. */
  failure?: Promise<never>;
}

/** Starts a backend of tfjs with the kernels for it. */
export async function startBackend(name: BackendName): Promise<Started> {
  enableProdMode();
  if (name === 'wasm') return { computer: await startWasm() };
  // Only pages that choose it load its 100 kB (compressed).
  const { startWebgpu } = await import('./webgpu');
  return startWebgpu();
}

/** Starts WebAssembly. The page has checked that the browser has SIMD. */
async function startWasm(): Promise<Computer> {
  // Those of tfjs do not speed up training, and would put their memory out of the kernels' reach.
  env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  const file = new URL(wasmFile, import.meta.url).href;
  setWasmPaths({
    'tfjs-backend-wasm.wasm': file,
    'tfjs-backend-wasm-simd.wasm': file,
    'tfjs-backend-wasm-threaded-simd.wasm': file,
  });
  if (!(await setBackend('wasm'))) {
    throw new Error('The WebAssembly backend of TensorFlow.js could not start. Reload the page.');
  }
  await ready();
  const { simd } = await registerWasmKernels();
  return { backend: 'wasm', simd: simd ?? 'none' };
}
