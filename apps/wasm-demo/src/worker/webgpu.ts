import { registerWebgpuKernels } from '@harmonic-mlp/webgpu-kernels';
import '@tensorflow/tfjs-backend-webgpu';
import { findBackend, ready, setBackend } from '@tensorflow/tfjs-core';
import type { Computer } from './protocol';

const remedy = 'Choose wasm as the backend, or reset to try again.';

/**
 * Starts WebGPU with the kernels.
 *
 * @throws {Error} if the browser offers no graphics adapter, or no device of it.
 */
export async function startWebgpu(): Promise<{ computer: Computer; failure: Promise<never> }> {
  // The one that tfjs asks for. Some browsers throw where graphics are turned off.
  const adapter = await navigator.gpu
    ?.requestAdapter({ powerPreference: 'high-performance' })
    .catch(() => undefined);
  if (!adapter)
    throw new Error('This browser offers no graphics adapter for WebGPU. Choose wasm as the backend.');
  if (!(await setBackend('webgpu'))) throw new Error(`The graphics adapter gives no device. ${remedy}`);
  await ready();
  await registerWebgpuKernels();
  const { device } = findBackend('webgpu') as unknown as { device: GPUDevice };
  const { vendor, architecture, description } = adapter.info;
  const name = description || [vendor, architecture].filter(Boolean).join(' ') || 'a graphics adapter';
  return { computer: { backend: 'webgpu', adapter: name }, failure: failureOf(device) };
}

/** Rejects when the device is lost, or reports an error. */
function failureOf(device: GPUDevice): Promise<never> {
  const failure = new Promise<never>((_, reject) => {
    const fail = (what: string, { message }: { message: string }) =>
      reject(
        new Error(`The graphics adapter ${what}${message ? ` (${firstLine(message)})` : ''}. ${remedy}`),
      );
    void device.lost.then((info) => fail('was lost', info));
    device.addEventListener('uncapturederror', (event) => {
      event.preventDefault();
      const isMemory = event.error instanceof GPUOutOfMemoryError;
      fail(isMemory ? 'does not have enough memory for this' : 'failed', event.error);
    });
  });
  failure.catch(() => {}); // Nobody need be waiting for it.
  return failure;
}

const firstLine = (text: string): string => text.trim().split('\n')[0].replace(/\.$/, '');
