import { tmpdir } from 'node:os';
import { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { registerBackend } from '@tensorflow/tfjs-core';
import { onAnyAdapter } from './graphics-adapter';
import { setWebgpuFlags } from './webgpu-flags';

/** The system interface through which Dawn reaches adapters. */
const systems: Partial<Record<NodeJS.Platform, string>> = {
  linux: 'vulkan',
  darwin: 'metal',
  win32: 'd3d12',
};

// Dawn crashes if an instance is garbage-collected before everything created from it.
const instances: GPU[] = [];

/** Registers the tfjs webgpu backend on a graphics adapter, through Dawn, Chromium's WebGPU, or returns why it cannot. */
export async function missingWebgpu(): Promise<string | undefined> {
  const dawn = await import('webgpu').catch((error: Error) => error);
  if (dawn instanceof Error) return `npm's webgpu does not load: ${dawn.message.split('\n')[0]}`;
  Object.assign(globalThis, dawn.globals);
  pollLessOften();
  process.env.XDG_RUNTIME_DIR ??= tmpdir(); // Without it, drivers that could also draw into windows complain.
  const adapter = await onAnyAdapter(async () => {
    const gpu = dawn.create([`backend=${systems[process.platform]}`]);
    instances.push(gpu);
    return (await gpu.requestAdapter()) ?? undefined;
  });
  if (adapter === undefined) return 'No graphics adapter was found.';

  const { info, limits } = adapter;
  const device = await adapter.requestDevice({
    // By default, a device has only the features that every adapter supports.
    requiredLimits: {
      maxBufferSize: limits.maxBufferSize,
      maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
      maxComputeWorkgroupStorageSize: limits.maxComputeWorkgroupStorageSize,
      maxComputeWorkgroupsPerDimension: limits.maxComputeWorkgroupsPerDimension,
      maxComputeWorkgroupSizeX: limits.maxComputeWorkgroupSizeX,
      maxComputeInvocationsPerWorkgroup: limits.maxComputeInvocationsPerWorkgroup,
    },
  });
  // Computations still in progress when the process ends make Dawn crash.
  process.once('exit', () => device.destroy());
  registerBackend('webgpu', () => pretendingNavigator(() => new WebGPUBackend(device, info)));
  setWebgpuFlags();
  return undefined;
}

/**
 * Has Dawn ask its device every millisecond whether it is done. It would ask in each turn of the event loop, through
 * `setImmediate`, and keep from the software graphics a processor that they need.
 */
function pollLessOften(): void {
  const { setImmediate, setTimeout } = globalThis;
  const isNative = (work: unknown) => Function.prototype.toString.call(work).includes('[native code]');
  const delayed = (work: () => void, ...values: unknown[]) =>
    isNative(work) ? setTimeout(work, 1) : setImmediate(work, ...(values as []));
  globalThis.setImmediate = Object.assign(delayed, setImmediate) as unknown as typeof setImmediate;
}

/** Provides a `navigator.gpu` during the call: tfjs only checks whether there is one. Node 21 and later have a navigator. */
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
