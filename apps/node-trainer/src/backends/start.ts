import { enableProdMode, ready } from '@tensorflow/tfjs-core';
import { findInstallation, type Installation, remedyFor } from '../tensorflow';
import { type Backend, BackendMissing, type BackendName, type BackendOptions } from './backend';
import { tryBackend } from './trial';

interface StartOptions extends BackendOptions {
  /** Of TensorFlow, for its backend; default: the one of this machine. */
  installation?: Installation;
  /** Whether it has started in another process just now, or this process is such a one. */
  isTried?: boolean;
  signal?: AbortSignal;
}

// Each is loaded only when it is asked for.
const starters: Record<BackendName, (options: StartOptions) => Promise<Backend>> = {
  webgpu: async () => (await import('./webgpu')).startWebgpu(),
  tensorflow: async ({ installation }) => (await import('./tensorflow')).startTensorflow(installation),
  wasm: async ({ kernels }) => (await import('./wasm')).startWasm({ kernels }),
  cpu: async () => (await import('./cpu')).startCpu(),
};

/**
 * Makes a backend the active one.
 *
 * @throws {BackendMissing} when this machine does not have it.
 */
export async function startBackend(options: StartOptions): Promise<Backend> {
  // Keeps the cpu backend from advertising another package on standard error.
  enableProdMode();
  if (isNative(options.backend) && !options.isTried) await requireTrial(options);
  const backend = await starters[options.backend](options);
  await ready();
  return backend;
}

/** Whether it is made of more than JavaScript and WebAssembly. */
const isNative = (name: BackendName): boolean => name === 'webgpu' || name === 'tensorflow';

/**
 * Starts a backend in another process first, which its drivers may crash, and where they write what is not for the user.
 *
 * @throws {BackendMissing} when it did not start there.
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

/** What a piece of work on a backend gives, or the error of a device that fails meanwhile. */
export function watched<T>({ failure }: Backend, work: Promise<T>): Promise<T> {
  return failure === undefined ? work : Promise.race([work, failure]);
}

/** Does a piece of work on a backend, which is let go of afterwards. */
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
