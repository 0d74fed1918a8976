import '@tensorflow/tfjs-backend-wasm';
import { HarmonicError } from '@harmonic-mlp/core';
import { registerWasmKernels } from '@harmonic-mlp/wasm-kernels';
import { ready, setBackend } from '@tensorflow/tfjs-core';

/**
 * Prepares the wasm backend with SIMD instructions that round in the same way on all machines, so that all of them give the same figures.
 *
 * @throws {HarmonicError} `UNSUPPORTED` where there are none.
 */
export async function prepareBackend(): Promise<void> {
  await setBackend('wasm');
  await ready();
  const { simd, inactive } = await registerWasmKernels({ simd: 'fixed' });
  if (simd === 'fixed' && inactive.length === 0) return;
  const problem = `The kernels cannot compute these figures: ${inactive[0]?.reason}`;
  throw new HarmonicError('UNSUPPORTED', { problem });
}
