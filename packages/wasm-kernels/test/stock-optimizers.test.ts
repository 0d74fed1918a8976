import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectAllClose } from '../../../test/support/allclose';
import { FuzzRandom, fuzzSeed } from '../../../test/support/fuzz';
import { registerWasmKernels, unregisterWasmKernels } from '../src/stock';
import type { WasmBackend } from '../src/wasm-backend';
import { guardHeap } from './support/guarded-heap';
import { describeWithKernels } from './support/simd-levels';

tf.enableProdMode();

const optimizers = {
  adam: () => tf.train.adam(0.05),
  sgd: () => tf.train.sgd(0.05),
  momentum: () => tf.train.momentum(0.05, 0.9),
  nesterov: () => tf.train.momentum(0.05, 0.9, true),
  rmsprop: () => tf.train.rmsprop(0.05),
  'rmsprop with momentum': () => tf.train.rmsprop(0.05, 0.8, 0.7, 1e-5),
  'centered rmsprop': () => tf.train.rmsprop(0.05, 0.8, 0.7, 1e-5, true),
};
type Name = keyof typeof optimizers;
const names = Object.keys(optimizers) as Name[];

const values = (tensor: tf.Tensor) => Array.from(tensor.dataSync());
const data = (random: FuzzRandom, shape: readonly number[]) =>
  Array.from({ length: tf.util.sizeFromShape([...shape]) }, () => random.integer(2001) / 1000 - 1);
let variableCount = 0;

/** Variables of some shapes, and gradients that change from one step to the next. */
function parameters(shapes: readonly number[][], seed: number) {
  const random = new FuzzRandom(seed);
  const variables = shapes.map((shape) =>
    tf.tidy(() => tf.variable(tf.tensor(data(random, shape), shape), true, `v${variableCount++}`)),
  );
  const gradients = () =>
    variables.map(({ name, shape }) => ({ name, tensor: tf.tensor(data(random, shape), shape) }));
  return { variables, gradients };
}

/** What parameters are after some steps, before each of which `before` is called. */
async function train(
  backend: string,
  name: Name,
  { shapes, seed }: { shapes: number[][]; seed: number },
  before: (step: number, optimizer: tf.Optimizer) => unknown = () => {},
): Promise<number[][]> {
  await tf.setBackend(backend);
  const optimizer = optimizers[name]();
  const { variables, gradients } = parameters(shapes, seed);
  for (let step = 0; step < 6; step++) {
    await before(step, optimizer);
    const given = gradients();
    optimizer.applyGradients(given);
    tf.dispose(given.map(({ tensor }) => tensor));
  }
  expect(optimizer.iterations).toBe(6);
  const found = variables.map(values);
  tf.dispose(variables);
  optimizer.dispose();
  return found;
}

describeWithKernels("tfjs's optimizers", () => {
  let heap: ReturnType<typeof guardHeap>;
  beforeAll(() => {
    heap = guardHeap(tf.findBackend('wasm') as unknown as WasmBackend);
  });
  afterAll(() => {
    heap.release();
  });

  it.each(names)('%s takes the steps of the cpu backend, of parameters of any shape', async (name) => {
    for (let number = 0; number < 12; number++) {
      const random = new FuzzRandom(100 + number);
      const shapes = Array.from({ length: 1 + random.integer(3) }, () =>
        Array.from({ length: random.integer(4) }, () => 1 + random.integer(9)),
      );
      const what = { shapes, seed: 200 + number };
      const label = `case ${number} of FUZZ_SEED=${fuzzSeed}: ${name} of ${JSON.stringify(what)}`;
      const expected = await train('cpu', name, what);
      const actual = await train('wasm', name, what);
      actual.forEach((each, i) => void expectAllClose(each, expected[i], { absolute: 1e-5 }, label));
    }
  });

  it.each(names)('%s goes on from its saved state', async (name) => {
    const what = { shapes: [[5, 7], [3]], seed: 300 };
    const expected = await train('cpu', name, what);
    const actual = await train('wasm', name, what, async (step, optimizer) => {
      if (step % 2 === 0) return;
      const weights = await optimizer.getWeights();
      const copies = weights.map(({ name, tensor }) => ({ name, tensor: tf.clone(tensor) }));
      await optimizer.setWeights(copies);
      // Some optimizers turn these into their variables, and others copy them.
      tf.dispose(copies.map(({ tensor }) => tensor));
    });
    actual.forEach((each, i) => void expectAllClose(each, expected[i], { absolute: 1e-5 }));
  });

  it('have written nothing but their state and new parameters', () => {
    heap.release();
    expect(heap.checked()).toBeGreaterThan(100);
    expect(heap.damage).toEqual([]);
  });
});

describe('an optimizer', () => {
  beforeAll(async () => {
    await tf.setBackend('wasm');
    await registerWasmKernels();
  });
  afterAll(unregisterWasmKernels);

  it.each(names)('%s goes on without the kernels, and with them again', async (name) => {
    const what = { shapes: [[5, 7], [3]], seed: 400 };
    const expected = await train('cpu', name, what);
    await registerWasmKernels();
    const actual = await train('wasm', name, what, async (step) => {
      if (step === 2) unregisterWasmKernels();
      if (step === 4) await registerWasmKernels();
    });
    actual.forEach((each, i) => void expectAllClose(each, expected[i], { absolute: 1e-5 }));
  });

  it('goes on when the backend changes', async () => {
    const what = { shapes: [[5, 7], [3]], seed: 500 };
    const expected = await train('cpu', 'adam', what);
    const actual = await train('wasm', 'adam', what, async (step) => {
      await tf.setBackend(step === 2 || step === 3 ? 'cpu' : 'wasm');
    });
    actual.forEach((each, i) => void expectAllClose(each, expected[i], { absolute: 1e-5 }));
  });

  it.each(names)('%s runs one kernel at most for each parameter', async (name) => {
    await tf.setBackend('wasm');
    const optimizer = optimizers[name]();
    const { variables, gradients } = parameters([[5, 7], [3]], 600);
    const first = gradients();
    optimizer.applyGradients(first);
    const { kernels } = await tf.profile(() => {
      optimizer.applyGradients(first);
      return variables[0];
    });
    // Centered RMSProp is left to tfjs.
    if (name !== 'centered rmsprop') expect(kernels.map((kernel) => kernel.name)).toEqual([]);
    else expect(kernels.length).toBeGreaterThan(20);
    tf.dispose([...variables, ...first.map(({ tensor }) => tensor)]);
    optimizer.dispose();
  });

  it('changes nothing that others have of its parameters and state', async () => {
    await tf.setBackend('wasm');
    for (const name of names) {
      const optimizer = optimizers[name]();
      const { variables, gradients } = parameters([[6, 6]], 700);
      const given = gradients();
      const step = () => optimizer.applyGradients(given);
      step();
      step();
      // Adam's powers are not among its weights.
      const scalars = Object.values(optimizer).filter((each) => each instanceof tf.Variable);
      const weights = await optimizer.getWeights();
      // One after the other, since a shared part leaves the whole step to tfjs.
      for (const shared of [[...variables, ...weights.map(({ tensor }) => tensor)], scalars]) {
        const clones = shared.filter(({ dtype }) => dtype === 'float32').map((each) => tf.clone(each));
        const before = clones.map(values);
        step();
        step();
        expect(clones.map(values)).toEqual(before);
        tf.dispose(clones);
      }
      tf.dispose([...variables, ...given.map(({ tensor }) => tensor)]);
      optimizer.dispose();
    }
  });

  it('changes the parameters that products have read', async () => {
    await tf.setBackend('wasm');
    const optimizer = tf.train.sgd(1);
    const weights = tf.variable(tf.ones<tf.Rank.R2>([3, 2]));
    const x = tf.ones<tf.Rank.R2>([1, 3]);
    const product = () => tf.tidy(() => values(tf.matMul(x, weights as tf.Tensor2D)));
    expect(product()).toEqual([3, 3]);
    const gradients = [{ name: weights.name, tensor: tf.ones([3, 2]) }];
    optimizer.applyGradients(gradients);
    expect(product()).toEqual([0, 0]);
    optimizer.applyGradients(gradients);
    expect(product()).toEqual([-3, -3]);
    tf.dispose([weights, x, gradients[0].tensor]);
    optimizer.dispose();
  });

  it('passes over parameters that the loss does not depend on', async () => {
    for (const name of names) {
      const learn = async (backend: string) => {
        await tf.setBackend(backend);
        const optimizer = optimizers[name]();
        const { variables, gradients } = parameters([[4], [4]], 800);
        for (let step = 0; step < 4; step++) {
          const [first, second] = gradients();
          // As `minimize` gives them.
          optimizer.applyGradients([
            { ...first, tensor: undefined as unknown as tf.Tensor },
            second,
          ] as never);
          tf.dispose([first.tensor, second.tensor]);
        }
        const found = variables.flatMap(values);
        tf.dispose(variables);
        optimizer.dispose();
        return found;
      };
      expectAllClose(await learn('wasm'), await learn('cpu'), { absolute: 1e-5 }, name);
    }
  });

  it('leaves nothing behind', async () => {
    await tf.setBackend('wasm');
    for (const name of names) {
      const optimizer = optimizers[name]();
      const { variables, gradients } = parameters([[6, 6], [2]], 900);
      const given = gradients();
      const counts = () => ({ ...tf.memory(), onHeap: tf.backend().numDataIds() });
      optimizer.applyGradients(given);
      optimizer.applyGradients(given);
      const before = counts();
      for (let step = 0; step < 50; step++) optimizer.applyGradients(given);
      expect(counts(), name).toEqual(before);
      tf.dispose([...variables, ...given.map(({ tensor }) => tensor)]);
      optimizer.dispose();
    }
  });

  it("has tfjs's own steps again after unregisterWasmKernels", async () => {
    const classes = [tf.AdamOptimizer, tf.SGDOptimizer, tf.MomentumOptimizer, tf.RMSPropOptimizer];
    const steps = () => classes.map(({ prototype }) => prototype.applyGradients);
    unregisterWasmKernels();
    const own = steps();
    await registerWasmKernels();
    await registerWasmKernels();
    steps().forEach((step, i) => void expect(step).not.toBe(own[i]));
    const replaced = steps();
    unregisterWasmKernels();
    expect(steps()).toEqual(own);
    // Others may have kept them.
    const optimizer = tf.train.sgd(1);
    const variable = tf.variable(tf.scalar(3));
    const gradients = [{ name: variable.name, tensor: tf.scalar(1) }];
    replaced[1].call(optimizer, gradients);
    expect(values(variable)).toEqual([2]);
    tf.dispose([variable, gradients[0].tensor]);
    optimizer.dispose();
    await registerWasmKernels();
  });
});
