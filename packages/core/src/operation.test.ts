import {
  add,
  dispose,
  engine,
  getGradient,
  getKernel,
  grads,
  type KernelFunc,
  memory,
  mul,
  registerKernel,
  square,
  type Tensor,
  type Tensor1D,
  tensor1d,
  tensor2d,
  unregisterKernel,
} from '@tensorflow/tfjs-core';
import { afterAll, beforeEach, expect, it, vi } from 'vitest';
import { describeOnEachBackend } from '../../../test/support/backends';
import { HarmonicError } from './errors';
import { defineOperation } from './operation';
import { dense } from './ops';

/** `factor·x² (+ shift)`, and as a second result, `x + x`; composed of more operations than it has results. */
const bend = defineOperation({
  name: 'HarmonicMLP.TestBend',
  validate({ x }: { x: Tensor1D; shift?: Tensor1D }, { factor }: { factor: number }) {
    if (x.shape.length !== 1 || factor === 0) throw new HarmonicError('INVALID_SHAPE', 'No such bend.');
  },
  compose({ x, shift }, { factor }): [Tensor1D, Tensor1D] {
    const bent = mul<Tensor1D>(square(x), factor);
    return [shift === undefined ? bent : add(bent, shift), add(x, x)];
  },
  savedInputs: ['x'],
  savedOutputs: [false, true],
  gradient: ([dy], [, doubled], { factor }) => ({
    x: () => mul(mul(dy, doubled), factor),
    shift: () => dy.clone(),
  }),
});

async function valuesOf(make: () => Tensor | Tensor[]): Promise<number[][]> {
  const made: Tensor[] = [make()].flat();
  const values = await Promise.all(made.map(async (tensor) => Array.from(await tensor.data())));
  dispose(made);
  return values;
}

describeOnEachBackend('defineOperation', (backendName) => {
  const register = (kernelName: string, kernelFunc: unknown) =>
    registerKernel({ kernelName, backendName, kernelFunc: kernelFunc as KernelFunc });
  const forget = (kernelName: string) => {
    if (getKernel(kernelName, backendName) !== undefined) unregisterKernel(kernelName, backendName);
  };
  let x: Tensor1D;
  let shift: Tensor1D;

  beforeEach(() => {
    x = tensor1d([1, -2, 3]);
    shift = tensor1d([10, 20, 30]);
    return () => dispose([x, shift]);
  });
  afterAll(() => forget(bend.kernelName));

  it('runs the composed form where no kernel is registered, registered as the backend’s kernel', async () => {
    forget(bend.kernelName);
    expect(await valuesOf(() => bend({ x, shift }, { factor: 2 }))).toEqual([
      [12, 28, 48],
      [2, -4, 6],
    ]);
    expect(getKernel(bend.kernelName, backendName)).toMatchObject({ backendName });
  });

  it('leaves out an optional input that is undefined', async () => {
    expect((await valuesOf(() => bend({ x }, { factor: 2 })))[0]).toEqual([2, 8, 18]);
    expect((await valuesOf(() => bend({ x, shift: undefined }, { factor: 2 })))[0]).toEqual([2, 8, 18]);
  });

  it('does not hand an input that is not given to a kernel', async () => {
    const kernel = vi.fn(({ inputs }) => [inputs.x.clone(), inputs.x.clone()]);
    forget(bend.kernelName);
    register(bend.kernelName, kernel);
    await valuesOf(() => bend({ x, shift: undefined }, { factor: 2 }));
    forget(bend.kernelName);
    expect(Object.keys(kernel.mock.calls[0][0].inputs)).toEqual(['x']);
    expect(kernel.mock.calls[0][0].attrs).toEqual({ factor: 2 });
    expect(kernel.mock.calls[0][0].backend === engine().backend).toBe(true);
  });

  it('runs a registered kernel instead, and the composed form again without it', async () => {
    const run = async () => (await valuesOf(() => bend({ x }, { factor: 1 })))[0];
    await run();
    unregisterKernel(bend.kernelName, backendName);
    register(bend.kernelName, () => [tensor1d([7, 7, 7]), tensor1d([8, 8, 8])]);
    expect(await run()).toEqual([7, 7, 7]);
    unregisterKernel(bend.kernelName, backendName);
    expect(await run()).toEqual([1, 4, 9]);
  });

  it('differentiates a registered kernel by the operation’s gradient', async () => {
    forget(bend.kernelName);
    register(bend.kernelName, () => [tensor1d([0, 0, 0]), tensor1d([100, 200, 300])]);
    const dy = tensor1d([1, 2, 1]);
    const gradient = () => grads((x: Tensor) => bend({ x: x as Tensor1D }, { factor: 3 })[0])([x], dy);
    expect(await valuesOf(gradient)).toEqual([[300, 1200, 900]]);
    forget(bend.kernelName);
    expect(await valuesOf(gradient)).toEqual([[6, -24, 18]]);
    dispose(dy);
  });

  it('leaves only its results behind, also in gradients', async () => {
    const before = memory();
    const results = bend({ x, shift }, { factor: 2 });
    expect(memory().numTensors).toBe(before.numTensors + 2);
    dispose(results);
    const gradients = grads((...[x, shift]) => bend({ x, shift } as never, { factor: 2 })[0])([x, shift]);
    expect(memory().numTensors).toBe(before.numTensors + 2);
    expect(await valuesOf(() => gradients)).toEqual([
      [4, -8, 12],
      [1, 1, 1],
    ]);
    expect(memory()).toMatchObject({ numTensors: before.numTensors, numDataBuffers: before.numDataBuffers });
  });

  it('frees what the composed form made before it threw', () => {
    const failing = defineOperation({
      name: 'HarmonicMLP.TestFailing',
      compose({ x }: { x: Tensor }): Tensor {
        square(x);
        throw new Error('half-way');
      },
    });
    const { numTensors } = memory();
    expect(() => failing({ x })).toThrow('half-way');
    expect(memory().numTensors).toBe(numTensors);
    forget(failing.kernelName);
  });

  it('validates before any kernel runs', () => {
    const kernel = vi.fn();
    forget(bend.kernelName);
    register(bend.kernelName, kernel);
    expect(() => bend({ x }, { factor: 0 })).toThrow(
      expect.objectContaining({ code: 'INVALID_SHAPE', message: 'No such bend.' }),
    );
    expect(kernel).not.toHaveBeenCalled();
    forget(bend.kernelName);
  });

  it('computes only the gradients that are asked for', async () => {
    const names = ['Input', 'Kernel', 'Bias'].map((name) => `HarmonicMLP.Dense${name}Gradient`);
    const called: string[] = [];
    for (const name of names) {
      forget(name);
      register(name, ({ inputs }: { inputs: Record<string, Tensor> }) => {
        called.push(name);
        return inputs.dy.clone();
      });
    }
    // All of one shape, because the spies return dy.
    const input = tensor2d([1, 2, 3, 4], [2, 2]);
    const kernel = tensor2d([5, 6, 7, 8], [2, 2]);
    const run = (x: Tensor, kernel: Tensor) => dense({ x, kernel } as never);
    await valuesOf(() => grads((kernel: Tensor) => run(input, kernel))([kernel]));
    expect(called).toEqual([names[1]]);
    called.length = 0;
    await valuesOf(() => grads((input: Tensor) => run(input, kernel))([input]));
    expect(called).toEqual([names[0]]);
    for (const name of names) forget(name);
    dispose([input, kernel]);
  });

  it('without a gradient cannot be differentiated', () => {
    const plain = defineOperation({
      name: 'HarmonicMLP.TestPlain',
      compose: ({ x }: { x: Tensor }): Tensor => square(x),
    });
    expect(() => grads((x: Tensor) => plain({ x }))([x])).toThrow('gradient function not found');
    forget(plain.kernelName);
  });

  it('has a name and a definition', () => {
    expect(bend.kernelName).toBe('HarmonicMLP.TestBend');
    expect(bend.definition.savedInputs).toEqual(['x']);
    expect(getGradient(bend.kernelName)).toMatchObject({ inputsToSave: ['x'], outputsToSave: [false, true] });
  });
});
