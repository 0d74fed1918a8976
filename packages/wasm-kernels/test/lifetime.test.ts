import '@tensorflow/tfjs-backend-wasm';
import { adamStep, dense, randomKey, softmaxCrossEntropy } from '@harmonic-mlp/core';
import {
  add,
  clone,
  dispose,
  findBackend,
  matMul,
  memory,
  ones,
  type Rank,
  randomUniform,
  sin,
  slice,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  tensor1d,
  tensor2d,
  tidy,
  variable,
  zeros,
} from '@tensorflow/tfjs-core';
import { createOptimizer, HarmonicMLP } from 'harmonic-mlp';
import { expect, it } from 'vitest';
import { FuzzRandom, fuzzSeed } from '../../../test/support/fuzz';
import type { WasmBackend } from '../src/wasm-backend';
import { describeWithKernels } from './support/simd-levels';

const backend = () => findBackend('wasm') as unknown as WasmBackend & { numDataIds(): number };
const heapBytes = () => backend().wasm.HEAPU8.length;

describeWithKernels('tensors', () => {
  it('are as many after ten thousand steps as before, and the heap as large', { tags: 'long' }, () => {
    const model = new HarmonicMLP({ inputSize: 6, hidden: [8, 5], classes: 3, seed: 1 });
    const optimizer = createOptimizer(model);
    const inputs = randomUniform<Rank.R2>([4, 6], -1, 1, 'float32', 1);
    const labels = tensor1d([0, 1, 2, 0], 'int32');
    const variables = Object.values(model.parameters);
    const step = (number: number) =>
      tidy(() => {
        const key = randomKey([1, number]);
        optimizer.minimize(
          () => softmaxCrossEntropy({ logits: model.trainingLogits(inputs, key), labels })[0],
          false,
          variables,
        );
      });
    for (let i = 0; i < 100; i++) step(i);
    const before = { ...memory(), data: backend().numDataIds(), bytes: heapBytes() };
    for (let i = 0; i < 10_000; i++) step(i);
    expect({ ...memory(), data: backend().numDataIds(), bytes: heapBytes() }).toEqual(before);
    for (const each of [model, optimizer]) each.dispose();
    dispose([inputs, labels]);
  });

  it('survive the growth of the heap between calls and within one', () => {
    const before = heapBytes();
    const x = ones<Rank.R2>([8, 100]);
    const kernel = ones<Rank.R2>([100, 40]);
    const first = dense({ x, kernel });
    const large: Tensor[] = [];
    while (heapBytes() === before) large.push(zeros([1024, 1024]));
    // The output of this one does not fit without growth.
    const grown = heapBytes();
    const wide = ones<Rank.R2>([1, Math.ceil(grown / 4 / 100)]);
    const tall = ones<Rank.R2>([100, 1]);
    const outer = matMul(tall, wide);
    expect(heapBytes()).toBeGreaterThan(grown);
    expect([...tidy(() => slice(outer, [99, wide.size - 3], [1, 3]).dataSync())]).toEqual([1, 1, 1]);
    const second = dense({ x, kernel });
    for (const z of [first, second]) expect(new Set(z.dataSync())).toEqual(new Set([100]));
    dispose([x, kernel, first, second, wide, tall, outer, large]);
  });

  it('that the heap has no room for are refused, and others keep their values', () => {
    const malloc = backend().wasm._malloc;
    const before = memory();
    const [x, kernel] = [ones<Rank.R2>([9, 20]), ones<Rank.R2>([20, 30])];
    const ours = { ...memory() };
    backend().wasm._malloc = (size) => (size === 4 * 9 * 30 ? 0 : malloc(size));
    try {
      expect(() => dense({ x, kernel })).toThrow(
        new RangeError('The wasm heap has no memory left for a tensor of shape [9,30].'),
      );
    } finally {
      backend().wasm._malloc = malloc;
    }
    expect(memory()).toEqual(ours);
    expect(new Set(tidy(() => dense({ x, kernel }).dataSync()))).toEqual(new Set([20]));
    dispose([x, kernel]);
    expect(memory()).toEqual(before);
  });

  it('that share data are freed with the last of them, in whatever order', () => {
    const before = backend().numDataIds();
    for (let i = 0; i < 300; i++) {
      const random = new FuzzRandom(4000 + i);
      const values = Float32Array.from({ length: 12 }, () => random.integer(100));
      const tensors: Tensor[] = [tensor2d(values, [3, 4])];
      const alive = new Set([0]);
      for (let action = 0; action < 20; action++) {
        const choice = random.pick([...alive]);
        if (alive.size > 1 && random.chance(0.4)) {
          tensors[choice].dispose();
          alive.delete(choice);
        } else {
          alive.add(tensors.push(clone(tensors[choice])) - 1);
        }
        const other = random.pick([...alive]);
        expect(tensors[other].dataSync(), `seed ${fuzzSeed}`).toEqual(values);
      }
      dispose([...alive].map((index) => tensors[index]));
      expect(backend().numDataIds(), `seed ${fuzzSeed}`).toBe(before);
    }
  });

  it('that share data with a variable keep their values when it is trained', () => {
    const parameter = variable(tensor1d([1, 2, 3]));
    const earlier = clone(parameter as Tensor);
    const gradient = tensor1d([1, 1, 1]);
    const moments = [zeros([3]), zeros([3])];
    const attributes = {
      learningRate: 0.5,
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-8,
      weightDecay: 0,
      weightDecayMode: 'l2',
      step: 1,
    } as const;
    const [updated, first, second] = adamStep(
      { parameter, gradient, firstMoment: moments[0], secondMoment: moments[1] },
      attributes,
    );
    parameter.assign(updated as Tensor1D);
    expect([...earlier.dataSync()]).toEqual([1, 2, 3]);
    expect([...parameter.dataSync()].map((value) => Math.round(value * 1e5) / 1e5)).toEqual([0.5, 1.5, 2.5]);
    dispose([parameter, earlier, gradient, moments, updated, first, second]);
  });

  it('are multiplied by what they hold now, by our kernels and by those of tfjs', () => {
    // XNNPACK, on which tfjs's own kernels are built, keeps packed weights for each tensor.
    const weights = variable(ones<Rank.R2>([3, 2]));
    const x = ones<Rank.R2>([1, 3]);
    const values = () =>
      tidy(() => [
        ...dense({ x, kernel: weights as Tensor2D }).dataSync(),
        ...matMul(x, weights as Tensor2D).dataSync(),
        ...sin(weights).dataSync().slice(0, 1),
      ]);
    for (let step = 1; step < 50; step++) {
      const [product, , , , sine] = values();
      expect(values()).toEqual([product, product, product, product, sine]);
      expect(product).toBe(3 * step);
      tidy(() => weights.assign(add<Tensor2D>(weights, 1)));
    }
    dispose([weights, x]);
  });
});
