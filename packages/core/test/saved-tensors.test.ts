import '@tensorflow/tfjs-backend-cpu';
import * as core from '@harmonic-mlp/core';
import {
  grads,
  ones,
  type Rank,
  setBackend,
  type Tensor,
  type Tensor1D,
  tensor1d,
  tidy,
} from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, it } from 'vitest';

const registry = new core.KernelRegistry({ backend: 'cpu', owner: 'test' });
let clones = 0;
beforeAll(async () => {
  await setBackend('cpu');
  registry.replace([
    {
      kernelName: 'Identity',
      kernelFunc: (call, earlier) => {
        clones += 1;
        return earlier(call);
      },
    },
  ]);
});
afterAll(() => registry.restore());

const units = (): Tensor1D => ones([2]);
const statistics = () => ({ gamma: units(), beta: units(), runningMean: units(), runningVariance: units() });

// tfjs clones each of them, which copies the data on some backends.
it.each<[string, number, (x: never) => Tensor | Tensor[]]>([
  ['dense', 2, (x) => core.dense({ x, kernel: ones([2, 4]), bias: ones([4]) })],
  ['harmonic', 2, (z) => core.harmonic({ z, periods: units() }, { residual: 0.1 })],
  ['relu', 1, (x) => core.relu({ x })],
  ['batchNorm', 4, (x) => core.batchNorm({ x, ...statistics() }, { epsilon: 1e-5, momentum: 0.1 })],
  ['applyMask', 1, (x) => core.applyMask({ x, mask: ones([3, 2]) })],
  [
    'softmaxCrossEntropy',
    2,
    (logits) => core.softmaxCrossEntropy({ logits, labels: tensor1d([0, 1, 0], 'int32') }),
  ],
])('%s saves for its gradient no more than the %i tensors that it takes', (_, count, run) => {
  const clonesOf = (x: Tensor): [Tensor, number] => {
    const before = clones;
    const [result] = [run(x as never)].flat();
    return [result, clones - before];
  };
  tidy(() => {
    const input = ones<Rank.R2>([3, 2]);
    const [, own] = clonesOf(input); // What the composed form clones itself.
    let taped = 0;
    grads((x: Tensor) => {
      const [result, all] = clonesOf(x);
      taped = all;
      return result;
    })([input]);
    expect(taped - own).toBe(count);
  });
});
