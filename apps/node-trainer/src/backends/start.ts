import { enableProdMode, ready } from '@tensorflow/tfjs-core';
import { findInstallation, type Installation, remedyFor } from '../tensorflow';
import { type Backend, BackendMissing, type BackendName, type BackendOptions } from './backend';
import { tryBackend } from './trial';

interface StartOptions extends BackendOptions {
  /** The installation of TensorFlow for the tensorflow backend; default: the one that is found. */
  installation?: Installation;
  /** Whether it has just started in another process, or this is that process. */
  isTried?: boolean;
  signal?: AbortSignal;
}

// Each is loaded only when needed.
const starters: Record<BackendName, (options: StartOptions) => Promise<Backend>> = {
  webgpu: async ({ kernels, adapter }) => (await import('./webgpu')).startWebgpu({ kernels, adapter }),
  tensorflow: async ({ installation }) => (await import('./tensorflow')).startTensorflow(installation),
  wasm: async ({ kernels }) => (await import('./wasm')).startWasm({ kernels }),
  cpu: async () => (await import('./cpu')).startCpu(),
};

/**
 * Makes a backend the active one.
 *
 * @throws {BackendMissing} when it cannot be used on this machine.
 */
export async function startBackend(options: StartOptions): Promise<Backend> {
  // Keeps the cpu backend from advertising another package on standard error.
  enableProdMode();
  if (isNative(options.backend) && !options.isTried) await requireTrial(options);
  const backend = await starters[options.backend](options);
  await ready();
  return backend;
}

/** Whether it uses native code, not only JavaScript and WebAssembly. */
const isNative = (name: BackendName): boolean => name === 'webgpu' || name === 'tensorflow';

/**
 * Starts a backend in another process first, where its drivers may crash, or print what the user need not see.
 *
 * @throws {BackendMissing} when it does not start there.
 */
async function requireTrial({ backend, kernels, signal }: StartOptions): Promise<void> {
  const {
    started,
    reason = 'It did not start.',
    remedy,
  } = await tryBackend({ backend, kernels }, 60, signal);
  signal?.throwIfAborted();
  if (started !== undefined) return;
  const installation = backend === 'tensorflow' ? findInstallation() : undefined;
  throw new BackendMissing(
    backend,
    reason,
    remedy ?? (installation ? remedyFor(installation) : 'Update its driver, or use another --backend.'),
  );
}

/** The result of work on a backend, or the error of its device if that fails in the meantime. */
export function watched<T>({ failure }: Backend, work: Promise<T>): Promise<T> {
  return failure === undefined ? work : Promise.race([work, failure]);
}

/** Does some work on a backend, which is closed afterwards. */
export async function withBackend<T>(
  options: StartOptions,
  work: (backend: Backend) => Promise<T>,
): Promise<T> {
  const backend = await startBackend(options);
  try {
    return await watched(backend, work(backend));
  } finally {
    await backend.close();
  }
}
