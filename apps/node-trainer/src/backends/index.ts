import { enableProdMode, ready } from '@tensorflow/tfjs-core';
import type { Backend, BackendName } from './backend';

export { type Backend, BackendMissing, type BackendName, backendNames } from './backend';

/** What computes. */
export interface BackendOptions {
  backend: BackendName;
  /** Whether the wasm backend gets this project's SIMD kernels. */
  kernels: boolean;
}

// Each is loaded only when it is asked for.
const starters: Record<BackendName, (options: BackendOptions) => Promise<Backend>> = {
  webgpu: async () => (await import('./webgpu')).startWebgpu(),
  tensorflow: async () => (await import('./tensorflow')).startTensorflow(),
  wasm: async (options) => (await import('./wasm')).startWasm(options),
  cpu: async () => (await import('./cpu')).startCpu(),
};

/**
 * Makes a backend the active one.
 *
 * @throws {BackendMissing} when this machine does not have it.
 */
export async function startBackend(options: BackendOptions): Promise<Backend> {
  // Keeps the cpu backend from advertising another package on standard error.
  enableProdMode();
  const backend = await starters[options.backend](options);
  await ready();
  return backend;
}
