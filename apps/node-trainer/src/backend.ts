import { enableProdMode, ready, setBackend } from '@tensorflow/tfjs-core';

/** The backends of this trainer. */
export const backendNames = ['wasm', 'cpu'] as const;

/** What computes. */
export interface BackendOptions {
  backend: (typeof backendNames)[number];
  /** Whether the wasm backend gets this project's SIMD kernels. */
  kernels: boolean;
}

/**
 * Makes a backend the active one.
 *
 * @returns what computes, in words.
 */
export async function useBackend({ backend: name, kernels }: BackendOptions): Promise<string> {
  // Keeps the cpu backend from advertising another package on standard error.
  enableProdMode();
  if (name === 'wasm') await import('@tensorflow/tfjs-backend-wasm');
  else await import('@tensorflow/tfjs-backend-cpu');
  if (!(await setBackend(name))) {
    throw new Error(
      `The ${name} backend of tfjs could not start on Node ${process.version}. Try --backend cpu.`,
    );
  }
  await ready();
  if (name !== 'wasm' || !kernels) return `${name} backend`;
  const { registerWasmKernels } = await import('@harmonic-mlp/wasm-kernels');
  const { simd } = await registerWasmKernels();
  const level = { relaxed: 'relaxed SIMD kernels', fixed: 'SIMD kernels', none: 'no SIMD kernels' };
  return `wasm backend with ${level[simd ?? 'none']}`;
}
