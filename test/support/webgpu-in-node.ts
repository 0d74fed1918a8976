import { tmpdir } from 'node:os';
import { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { env, registerBackend } from '@tensorflow/tfjs-core';
import { onAnyAdapter } from './graphics-adapter';

/** By which of the system's interfaces Dawn reaches adapters. */
const systems: Partial<Record<NodeJS.Platform, string>> = {
  linux: 'vulkan',
  darwin: 'metal',
  win32: 'd3d12',
};

// Dawn falls over when an instance of it is collected before all that came out of it.
const instances: GPU[] = [];

/** Registers tfjs's webgpu backend on a graphics adapter, through Dawn, Chromium's WebGPU; or says why it cannot. */
export async function missingWebgpu(): Promise<string | undefined> {
  const dawn = await import('webgpu').catch((error: Error) => error);
  if (dawn instanceof Error) return `npm's webgpu does not load: ${dawn.message.split('\n')[0]}`;
  Object.assign(globalThis, dawn.globals);
  process.env.XDG_RUNTIME_DIR ??= tmpdir(); // Without, drivers that could also draw into windows complain.
  const adapter = await onAnyAdapter(async () => {
    const gpu = dawn.create([`backend=${systems[process.platform]}`]);
    instances.push(gpu);
    return (await gpu.requestAdapter()) ?? undefined;
  });
  if (adapter === undefined) return 'No graphics adapter was found.';

  const { info, limits } = adapter;
  const device = await adapter.requestDevice({
    // By default, a device has what every adapter can do.
    requiredLimits: {
      maxBufferSize: limits.maxBufferSize,
      maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
      maxComputeWorkgroupStorageSize: limits.maxComputeWorkgroupStorageSize,
      maxComputeWorkgroupsPerDimension: limits.maxComputeWorkgroupsPerDimension,
      maxComputeWorkgroupSizeX: limits.maxComputeWorkgroupSizeX,
      maxComputeInvocationsPerWorkgroup: limits.maxComputeInvocationsPerWorkgroup,
    },
  });
  // What the process still computes when it ends makes Dawn fall over.
  process.once('exit', () => device.destroy());
  registerBackend('webgpu', () => pretendingNavigator(() => new WebGPUBackend(device, info)));
  // tfjs would compute what is small on the cpu backend instead, which is most of what tests compute.
  env().set('WEBGPU_CPU_FORWARD', false);
  return undefined;
}

/** Shows a `navigator.gpu` meanwhile: tfjs asks whether there is one, and no more. Node 21 and later have a navigator. */
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
