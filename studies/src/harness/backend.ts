import '@tensorflow/tfjs-backend-wasm';
import { registerWasmKernels } from '@harmonic-mlp/wasm-kernels';
import { ready, setBackend } from '@tensorflow/tfjs-core';

/** Prepares the wasm backend with SIMD instructions that round in the same way on all machines, so that all of them give the same figures. */
export async function prepareBackend(): Promise<void> {
  await setBackend('wasm');
  await ready();
  await registerWasmKernels({ simd: 'fixed' });
}
