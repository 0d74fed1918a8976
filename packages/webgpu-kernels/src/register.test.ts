import '@tensorflow/tfjs-backend-cpu';
import { add, dense, gelu, silu } from '@harmonic-mlp/core';
import { executorOf } from '@harmonic-mlp/core/program';
import { dispose, getKernel, setBackend, tensor2d } from '@tensorflow/tfjs-core';
import { afterEach, expect, it, vi } from 'vitest';
import { expectAllClose } from '../../../test/support/allclose';
import { missingWebgpu } from '../../../test/support/webgpu-in-node';
import { registerWebgpuKernels, unregisterWebgpuKernels } from '.';
import { operationKernels } from './operations';

afterEach(() => {
  vi.restoreAllMocks();
  unregisterWebgpuKernels();
});

it('changes nothing before the backend has been started, and warns once', async () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  for (let i = 0; i < 2; i++) {
    const { active, inactive } = await registerWebgpuKernels();
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
  const { active, inactive } = await registerWebgpuKernels();
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
  const { active, inactive } = await registerWebgpuKernels();
  webgpu.commandQueueOwnedIds = commandQueueOwnedIds;
  expect(active).toEqual([]);
  expect(inactive[0].reason).toBe("this version of tfjs's webgpu backend has no commandQueueOwnedIds.");
  expect(warn).toHaveBeenCalledOnce();
});

it.skipIf(missing !== undefined)(
  'leaves operations composed whose shaders the device cannot compile, and says so',
  async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    // Another device, since the first one has compiled them.
    const { engine } = await import('@tensorflow/tfjs-core');
    const backend = engine().registry.webgpu as unknown as { device: GPUDevice };
    const { device } = backend;
    const picky = new Proxy(device, {
      get(target, name) {
        const value = Reflect.get(target, name);
        if (name === 'createComputePipelineAsync')
          return async (descriptor: GPUComputePipelineDescriptor) => {
            if (descriptor.label === 'HarmonicMLP.Gelu') throw new Error('The driver says no.\nMore of it.');
            // The others are not used here, and would take seconds.
            const isUsed = ['HarmonicMLP.Silu', 'HarmonicMLP.Tanh'].includes(descriptor.label!);
            return isUsed ? device.createComputePipelineAsync(descriptor) : undefined;
          };
        if (name === 'createShaderModule')
          return (descriptor: GPUShaderModuleDescriptor) =>
            device.createShaderModule(
              descriptor.label === 'HarmonicMLP.Tanh' ? { ...descriptor, code: 'not WGSL' } : descriptor,
            );
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    const uncaptured = vi.fn((event: GPUUncapturedErrorEvent) => event.preventDefault());
    device.addEventListener('uncapturederror', uncaptured);
    try {
      backend.device = picky;
      expect((await registerWebgpuKernels({ tiles: 'workgroup' })).inactive).toEqual([]);
      expect(warn.mock.calls).toEqual([
        [expect.stringMatching(/cannot compile the shader HarmonicMLP.Gelu \(The driver says no\.\)/)],
        [expect.stringMatching(/cannot compile the shader HarmonicMLP.Tanh \(/)],
      ]);
      const z = tensor2d([[1, -2]]);
      const [y, other] = [gelu({ z }), silu({ z })];
      expectAllClose([...(await y.data())], [0.8413447, -0.0455003]);
      expectAllClose([...(await other.data())], [0.7310586, -0.2384058]);
      dispose([z, y, other]);
      // Errors are reported to whoever started the device.
      await device.queue.onSubmittedWorkDone();
      expect(uncaptured).not.toHaveBeenCalled();
    } finally {
      backend.device = device;
      device.removeEventListener('uncapturederror', uncaptured);
    }
  },
);

it.skipIf(missing !== undefined).each([
  ['floats of integers', 'the device cannot compile its shader floats of integers', undefined],
  ['rows of the data set', undefined, false],
  ['no shader', undefined, true],
])('captures what needs no shader that the device cannot compile: %s', async (refused, obstacle, gathers) => {
  vi.spyOn(console, 'warn').mockImplementation(() => {});
  const { engine } = await import('@tensorflow/tfjs-core');
  const backend = engine().registry.webgpu as unknown as { device: GPUDevice };
  const { device } = backend;
  backend.device = new Proxy(device, {
    get(target, name) {
      const value = Reflect.get(target, name);
      if (name === 'createComputePipelineAsync')
        return async ({ label }: GPUComputePipelineDescriptor) => {
          if (label === refused) throw new Error('The driver says no.');
        };
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  const data = tensor2d([[1, 2]]);
  try {
    await registerWebgpuKernels({ tiles: 'workgroup' });
    const form = { shape: [1, 2], dtype: 'float32' } as const;
    const [a, b, sum] = [0, 1, 2].map((value) => ({ value, shape: [1, 2] }));
    const compiled = executorOf('webgpu')!.compile(
      {
        values: [form, form, form],
        calls: [{ kernel: add.kernelName, inputs: { a, b }, outputs: [sum], attributes: {} }],
        inputs: { x: 0, y: 1 },
        states: {},
        constants: [],
        literals: [],
        outputs: [2],
        dynamic: [],
      },
      [],
    );
    expect('obstacle' in compiled ? compiled.obstacle : undefined).toBe(obstacle);
    if ('obstacle' in compiled) return;
    expect(compiled.gatherFrom!({ x: data }) !== undefined).toBe(gathers);
    compiled.dispose();
  } finally {
    backend.device = device;
    data.dispose();
  }
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
