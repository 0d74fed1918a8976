import '@tensorflow/tfjs-backend-cpu';
import { dense } from '@harmonic-mlp/core';
import { executorOf } from '@harmonic-mlp/core/program';
import { dispose, getKernel, setBackend, tensor2d } from '@tensorflow/tfjs-core';
import { afterEach, expect, it, vi } from 'vitest';
import { missingWebgpu } from '../../../test/support/webgpu-in-node';
import { registerWebgpuKernels, unregisterWebgpuKernels } from '.';
import { operationKernels } from './operations';

afterEach(() => {
  vi.restoreAllMocks();
  unregisterWebgpuKernels();
});

it('changes nothing before the backend has been started, and warns once', () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  for (let i = 0; i < 2; i++) {
    const { active, inactive } = registerWebgpuKernels();
    expect([active.length, inactive.length]).toEqual([0, operationKernels.length]);
    expect(inactive[0].reason).toBe('the webgpu backend has not been started.');
  }
  expect(warn.mock.calls).toEqual([
    ['@harmonic-mlp/webgpu-kernels changes nothing: the webgpu backend has not been started.'],
  ]);
  expect(executorOf('webgpu')).toBeUndefined();
});

const missing = await missingWebgpu();

it.skipIf(missing !== undefined)('replaces all kernels of core, and restores them', async () => {
  await setBackend('webgpu');
  const tensors = { x: tensor2d([[1, 2]]), kernel: tensor2d([[3], [4]]) };
  const composed = dense(tensors);
  const before = getKernel(dense.kernelName, 'webgpu');
  const { active, inactive } = registerWebgpuKernels();
  expect([active, inactive]).toEqual([operationKernels.map(({ operation }) => operation.kernelName), []]);
  expect(new Set(active).size).toBe(active.length);
  const fast = dense(tensors);
  expect(getKernel(dense.kernelName, 'webgpu')).not.toBe(before);
  expect(executorOf('webgpu')?.name).toBe('@harmonic-mlp/webgpu-kernels');
  unregisterWebgpuKernels();
  expect(getKernel(dense.kernelName, 'webgpu')).toBe(before);
  expect(executorOf('webgpu')).toBeUndefined();
  expect([...(await composed.data()), ...(await fast.data())]).toEqual([11, 11]);
  dispose([tensors.x, tensors.kernel, composed, fast]);
});

it.skipIf(missing !== undefined)('refuses a backend that is not as tfjs has it', async () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  await setBackend('webgpu');
  const { engine } = await import('@tensorflow/tfjs-core');
  const { webgpu } = engine().registry as unknown as Record<string, Record<string, unknown>>;
  const { commandQueueOwnedIds } = webgpu;
  delete webgpu.commandQueueOwnedIds;
  const { active, inactive } = registerWebgpuKernels();
  webgpu.commandQueueOwnedIds = commandQueueOwnedIds;
  expect(active).toEqual([]);
  expect(inactive[0].reason).toBe("this version of tfjs's webgpu backend has no commandQueueOwnedIds.");
  expect(warn).toHaveBeenCalledOnce();
});

it('has a kernel for every operation of core', async () => {
  const core = await import('@harmonic-mlp/core');
  const names = Object.values(core).flatMap((value) => {
    const { kernelName, gradientOperation } = Object(value);
    return [kernelName, gradientOperation?.kernelName].filter((name) => name !== undefined);
  });
  const own = operationKernels.map(({ operation }) => operation.kernelName);
  expect(own.sort()).toEqual([...new Set(names)].sort());
});
