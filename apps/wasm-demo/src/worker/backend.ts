import { registerWasmKernels } from '@harmonic-mlp/wasm-kernels';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import wasmFile from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url';
import { enableProdMode, env, ready, setBackend } from '@tensorflow/tfjs-core';

/** Starts the tfjs wasm backend with the SIMD kernels. The page has checked that the browser has SIMD. */
export async function startBackend(): Promise<{ backend: string; simd: string }> {
  enableProdMode();
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
