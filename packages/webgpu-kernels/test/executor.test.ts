import '@tensorflow/tfjs-backend-cpu';
import { add, descend } from '@harmonic-mlp/core';
import { type CompiledProgram, executorOf, type Program } from '@harmonic-mlp/core/program';
import {
  cast,
  dispose,
  engine,
  type Tensor,
  type Tensor2D,
  tensor2d,
  tidy,
  variable,
} from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { useBackend } from '../../../test/support/backends';
import { missingWebgpu } from '../../../test/support/webgpu-in-node';
import { unregisterWebgpuKernels } from '../src';

const missing = await missingWebgpu();

const scalars = { key: [0, 0], numbers: { learningRate: 0.5 } } as const;
const vector = { shape: [1, 4], dtype: 'float32' } as const;
const use = (value: number) => ({ value, shape: [1, 4] });
const zeros = { outputs: [], constants: [], literals: [], dynamic: [], inputs: {}, states: {} };

/** s ← s − u/2: values 0 and 2 are the state's, 1 is the update. */
const step: Omit<Program, keyof typeof zeros> & typeof zeros = {
  ...zeros,
  values: [vector, vector, vector],
  calls: [
    {
      kernel: descend.kernelName,
      inputs: { parameter: use(0), update: use(1) },
      outputs: [use(2)],
      attributes: { learningRate: 0.5 },
    },
  ],
};

function compiled(program: Program, constants: readonly Tensor[] = []): CompiledProgram {
  const made = executorOf('webgpu')!.compile(program, constants);
  if ('obstacle' in made) throw new Error(made.obstacle);
  return made;
}

const row = (...values: number[]) => tensor2d(values, [1, values.length]);
const valuesOf = async (tensor: Tensor) => [...(await tensor.data())];
/** As tfjs casts them: their data stay integers. */
const called = (...values: number[]) =>
  tidy(() => cast(tensor2d(values, [1, values.length], 'int32'), 'float32'));

describe.skipIf(missing !== undefined)('The executor of webgpu', () => {
  beforeAll(() => useBackend({ backend: 'webgpu', kernels: 'wgsl' }));
  afterAll(() => unregisterWebgpuKernels());

  it('changes states in place, also after they have been read, several times before it submits', async () => {
    const program = compiled({ ...step, inputs: { u: 1 }, states: { s: { before: 0, after: 2 } } });
    const [s, u] = [variable(row(8, 16, 24, 32)), row(2, 4, 6, 8)];
    program.bind({ s, u });
    program.execute(scalars);
    expect(await valuesOf(s)).toEqual([7, 14, 21, 28]);
    // Without a turn in between, and more than wait for one submission.
    for (let i = 0; i < 40; i++) program.execute(scalars);
    expect(await valuesOf(s)).toEqual([-33, -66, -99, -132]);
    program.dispose();
    dispose([s, u]);
  });

  it('lets a read give what was before a step, and later ones what is then', async () => {
    const program = compiled({ ...step, inputs: { u: 1 }, states: { s: { before: 0, after: 2 } } });
    const [s, u] = [variable(row(8, 16, 24, 32)), row(2, 4, 6, 8)];
    program.bind({ s, u });
    // The first step is the first that the tensor is part of.
    for (const values of [
      [8, 16, 24, 32],
      [7, 14, 21, 28],
    ]) {
      const before = valuesOf(s);
      program.execute(scalars);
      expect(await before).toEqual(values);
    }
    expect(await valuesOf(s)).toEqual([6, 12, 18, 24]);
    program.dispose();
    dispose([s, u]);
  });

  it('lets a read give what a tensor was that has been disposed of since', async () => {
    const s = row(8, 16, 24, 32);
    const sum = add({ a: s as Tensor2D, b: s as Tensor2D });
    const values = valuesOf(sum);
    dispose([s, sum]);
    expect(await values).toEqual([16, 32, 48, 64]);
  });

  it('sends what is written to its memory, in order', async () => {
    const program = compiled({
      ...step,
      inputs: { u: 1 },
      states: { s: { before: 0, after: 2 } },
      outputs: [2],
    });
    const s = variable(row(0, 0, 0, 0));
    program.bind({ s });
    const outputs = [2, 4, 6].map((value) => {
      program.memoryOf('u').fill(value);
      return program.execute(scalars);
    });
    const got = (await Promise.all(outputs)).map(([values]) => [...values]);
    expect(got).toEqual([-1, -3, -6].map((value) => [value, value, value, value]));
    program.dispose();
    s.dispose();
  });

  it('gives states that become the same the same, and copies what is not made in place', async () => {
    const states = { s: { before: 0, after: 2 }, other: { before: undefined, after: 2 } };
    const program = compiled({ ...step, inputs: { u: 1 }, states, outputs: [2] });
    const [s, other, u] = [variable(row(1, 2, 3, 4)), variable(row(0, 0, 0, 0)), row(2, 2, 2, 2)];
    program.bind({ s, other, u });
    const [output] = await program.execute(scalars);
    for (const values of [await valuesOf(s), await valuesOf(other), [...output]])
      expect(values).toEqual([0, 1, 2, 3]);
    program.dispose();
    dispose([s, other, u]);
  });

  it('refuses to overwrite what another state wants of before', () => {
    const states = { s: { before: 0, after: 2 }, earlier: { before: undefined, after: 0 } };
    const made = executorOf('webgpu')!.compile({ ...step, inputs: { u: 1 }, states }, []);
    expect(made).toEqual({ obstacle: 'it keeps what s was before the step' });
  });

  it('reads integers as floats, of inputs and of constants, without a buffer for each', async () => {
    const sum: Program = {
      ...zeros,
      values: [vector, vector, vector],
      calls: [
        { kernel: add.kernelName, inputs: { a: use(0), b: use(1) }, outputs: [use(2)], attributes: {} },
      ],
      inputs: { x: 0 },
      constants: [1],
      outputs: [2],
    };
    const constant = called(10, 20, 30, 40);
    const program = compiled(sum, [constant]);
    const { device } = engine().registry.webgpu as unknown as { device: GPUDevice };
    const { createBuffer } = device;
    /** How many buffers are made in six executions, after the first one. */
    const buffersFor = async (make: typeof row) => {
      let buffers = 0;
      device.createBuffer = (...given) => {
        buffers++;
        return createBuffer.apply(device, given);
      };
      let first = 0;
      try {
        for (let i = 0; i < 7; i++) {
          const x = make(i, 2, 3, 4);
          program.bind({ x });
          const [y] = await program.execute(scalars);
          expect([...y]).toEqual([10 + i, 22, 33, 44]);
          x.dispose();
          if (i === 0) first = buffers;
        }
      } finally {
        device.createBuffer = createBuffer;
      }
      return buffers - first;
    };
    // Those of tfjs, which sends each tensor in one.
    expect(await buffersFor(called)).toBe(await buffersFor(row));
    program.dispose();
    constant.dispose();
  });

  it('asks for data of their own for states that share them, or are integers called floats', () => {
    const program = compiled({ ...step, inputs: { u: 1 }, states: { s: { before: 0, after: 2 } } });
    const u = row(2, 2, 2, 2);
    const sharedFor = (s: Tensor) => {
      program.bind({ s, u });
      return program.shared();
    };
    const [own, integers] = [row(1, 2, 3, 4), called(1, 2, 3, 4)];
    expect(sharedFor(own)).toEqual([]);
    expect(sharedFor(integers)).toEqual(['s']);
    // A copy as it is would stay integers.
    expect(executorOf('webgpu')!.copy!(integers)).toBeUndefined();
    const again = own.clone();
    expect(sharedFor(own)).toEqual(['s']);
    program.dispose();
    dispose([own, integers, again, u]);
  });

  it('copies data, which then change by themselves', async () => {
    const program = compiled({ ...step, inputs: { u: 1 }, states: { s: { before: 0, after: 2 } } });
    const [s, u] = [row(1, 2, 3, 4), row(2, 2, 2, 2)];
    const copy = executorOf('webgpu')!.copy!(s)!;
    program.bind({ s, u });
    program.execute(scalars);
    expect([await valuesOf(s), await valuesOf(copy)]).toEqual([
      [0, 1, 2, 3],
      [1, 2, 3, 4],
    ]);
    program.dispose();
    dispose([s, copy, u]);
  });

  it('reads truth values of literals as the device has them', async () => {
    const cases = {
      kernel: 'Cast',
      inputs: { x: use(0) },
      outputs: [use(1)],
      attributes: { dtype: 'float32' },
    };
    const program = compiled({
      ...zeros,
      values: [{ shape: [1, 4], dtype: 'bool' }, vector],
      calls: [cases],
      literals: [{ value: 0, data: Uint8Array.of(1, 0, 1, 1) }],
      outputs: [1],
    });
    program.bind({});
    const [y] = await program.execute(scalars);
    expect([...y]).toEqual([1, 0, 1, 1]);
    program.dispose();
  });
});
