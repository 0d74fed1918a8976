import { createRequire } from 'node:module';
import { type DataId, registerBackend, removeBackend, setBackend } from '@tensorflow/tfjs-core';
import type { Backend, BackendOptions } from './backend';
import { countCalls } from './device-calls';
import { GraphicsDevice, load } from './webgpu-device';

/**
 * tfjs on this machine's graphics adapter, through WebGPU.
 *
 * @param kernels whether it uses this project's kernels.
 * @param adapter another adapter than that of this machine.
 * @throws {BackendMissing} when a package or an adapter is missing.
 */
export async function startWebgpu({
  kernels,
  adapter,
}: Pick<BackendOptions, 'kernels' | 'adapter'>): Promise<Backend> {
  const graphics = await GraphicsDevice.open(adapter);
  const { WebGPUBackend } = await load(
    () => import('@tensorflow/tfjs-backend-webgpu'),
    '@tensorflow/tfjs-backend-webgpu',
  );
  const { device, info, name, isSoftware, description, failure } = graphics;

  const unlessFailed = async <T>(reading: Promise<T>): Promise<T> => {
    const values = await reading.catch(async (error) => {
      // A lost device reports that a moment later.
      await new Promise(setImmediate);
      throw graphics.failed ?? error;
    });
    if (graphics.failed !== undefined) throw graphics.failed;
    return values;
  };

  /** tfjs's backend, but after a failure reads fail instead of returning zeros. */
  class GuardedBackend extends WebGPUBackend {
    override read(dataId: DataId) {
      return unlessFailed(super.read(dataId));
    }

    // The kernels read by this.
    override getBufferData(buffer: GPUBuffer) {
      return unlessFailed(super.getBufferData(buffer));
    }

    override uploadToGPU(dataId: DataId) {
      try {
        super.uploadToGPU(dataId);
      } catch (error) {
        throw error instanceof RangeError ? graphics.failForMemory(error) : error;
      }
    }
  }

  registerBackend('webgpu', () => pretendingNavigator(() => new GuardedBackend(device, info)));
  await setBackend('webgpu');
  const own = kernels ? await import('@harmonic-mlp/webgpu-kernels') : undefined;
  await own?.registerWebgpuKernels();
  return {
    name: 'webgpu',
    description: `webgpu backend on ${description}`,
    version: `Dawn ${versionOf('webgpu')}, tfjs-backend-webgpu ${versionOf('@tensorflow/tfjs-backend-webgpu')}`,
    device: name,
    adapter: isSoftware ? 'software' : 'hardware',
    keepsData: true,
    largestTensor: Math.min(device.limits.maxBufferSize, device.limits.maxStorageBufferBindingSize),
    failure,
    countCalls: () => countCalls(device),
    close: async () => {
      own?.unregisterWebgpuKernels();
      removeBackend('webgpu');
      graphics.close();
    },
  };
}

/** Does some work with a `navigator.gpu`, whose presence tfjs checks. Node 21 and later have a navigator without it. */
function pretendingNavigator<T>(work: () => T): T {
  const own = Object.getOwnPropertyDescriptor(globalThis, 'navigator');
  Object.defineProperty(globalThis, 'navigator', { value: { gpu: {} }, configurable: true });
  try {
    return work();
  } finally {
    if (own) Object.defineProperty(globalThis, 'navigator', own);
    else delete (globalThis as { navigator?: unknown }).navigator;
  }
}

const versionOf = (name: string): string => createRequire(import.meta.url)(`${name}/package.json`).version;
