import { enableProdMode, ready } from '@tensorflow/tfjs-core';
import type { Backend, BackendName } from './backend';

export { type Backend, BackendMissing, type BackendName, backendNames, DeviceFailure } from './backend';

/** What computes. */
export interface BackendOptions<Auto = never> {
  backend: BackendName | Auto;
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

/** What a piece of work on a backend gives, or the error of a device that fails meanwhile. */
export function watched<T>({ failure }: Backend, work: Promise<T>): Promise<T> {
  return failure === undefined ? work : Promise.race([work, failure]);
}

/** Does a piece of work on a backend, which is let go of afterwards. */
export async function withBackend<T>(
  options: BackendOptions,
  work: (backend: Backend) => Promise<T>,
): Promise<T> {
  const backend = await startBackend(options);
  try {
    return await watched(backend, work(backend));
  } finally {
    await backend.close();
  }
}
