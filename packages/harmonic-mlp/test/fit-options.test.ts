import '@tensorflow/tfjs-backend-cpu';
import { setTimeout } from 'node:timers/promises';
import { softmaxCrossEntropy } from '@harmonic-mlp/core';
import { type Scalar, scalar, setBackend, train as tfOptimizers, zerosLike } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { type BatchRequest, type BatchSource, classification, type FitOptions, HarmonicMLP } from '../src';
import { noisyPatterns } from './small-data';

beforeAll(() => setBackend('cpu'));

const shape = { inputSize: 12, classes: 4, hidden: [5], seed: 2 };
/** Three batches of 8, the last one with 6 examples. */
const data = noisyPatterns({ size: 22 });
const inOrder: BatchSource = {
  ...data,
  batches: (request) => data.batches({ ...request, shuffle: undefined }),
};
const other = noisyPatterns({ size: 10, seed: 6 });
const allZero = (source: typeof data): BatchSource => ({
  ...source,
  *batches(request) {
    for (const { labels, ...batch } of source.batches(request)) {
      yield { ...batch, labels: zerosLike(labels) };
      labels.dispose();
    }
  },
});

/** An epoch of three steps, unless the options say otherwise. */
async function fitted(options: FitOptions, { source = data as BatchSource, dropout = 0 } = {}) {
  const model = new HarmonicMLP({ ...shape, dropout });
  const requests: BatchRequest[] = [];
  const batches = (request: BatchRequest) => {
    requests.push(request);
    return source.batches(request);
  };
  const before = weightsOf(model);
  const result = await model.fit({ ...source, batches }, { epochs: 1, batchSize: 8, ...options });
  return { ...result, model, requests, before, weights: weightsOf(model) };
}

const weightsOf = ({ variables }: HarmonicMLP) =>
  Object.fromEntries(Object.entries(variables).map(([path, variable]) => [path, [...variable.dataSync()]]));

/** What shows that each option of `fit` does what it is named for. One without such a test does not compile. */
const tests: Record<keyof FitOptions, () => Promise<void>> = {
  async epochs() {
    const { history, steps } = await fitted({ epochs: 2 });
    expect([history.length, steps]).toEqual([2, 6]);
  },

  async steps() {
    const { history, steps } = await fitted({ epochs: undefined, steps: 4 });
    expect([history.length, steps]).toEqual([1, 4]);
  },

  async batchSize() {
    const { requests, steps } = await fitted({ batchSize: 11 });
    expect([requests.map(({ batchSize }) => batchSize), steps]).toEqual([[11], 2]);
  },

  async dropLast() {
    expect((await fitted({ dropLast: true })).steps).toBe(2);
    expect((await fitted({ dropLast: false })).steps).toBe(3);
  },

  async seed() {
    const [first, same, another] = [
      await fitted({ seed: 7 }),
      await fitted({ seed: 7 }),
      await fitted({ seed: 8 }),
    ];
    expect(same.weights).toEqual(first.weights);
    expect(another.requests[0].shuffle).not.toEqual(first.requests[0].shuffle);
    // The masks, where the order is the same.
    const masked = { source: inOrder, dropout: 0.5 };
    expect((await fitted({ seed: 8 }, masked)).weights).not.toEqual(
      (await fitted({ seed: 7 }, masked)).weights,
    );
    const unmasked = { source: inOrder };
    expect((await fitted({ seed: 8 }, unmasked)).weights).toEqual(
      (await fitted({ seed: 7 }, unmasked)).weights,
    );
  },

  async optimizer() {
    const optimizer = tfOptimizers.sgd(0.5);
    const stepped = vi.spyOn(optimizer, 'applyGradients');
    const { optimizer: used } = await fitted({ optimizer });
    expect(stepped).toHaveBeenCalledTimes(3);
    expect(used).toMatchObject({ className: 'SGD', learningRate: 0.5 });
  },

  async learningRate() {
    const { before, weights, history } = await fitted({
      learningRate: 0.25,
      schedule: null,
      steps: 1,
      batchSize: 22,
    });
    expect(history[0].learningRate).toBe(0.25);
    // Adam's first step is as long as the rate.
    for (const [i, value] of weights['output/bias'].entries())
      expect(Math.abs(value - before['output/bias'][i])).toBeCloseTo(0.25, 4);
  },

  async schedule() {
    const step = vi.fn();
    const { history } = await fitted({ epochs: 2, schedule: { step, getState: () => ({}), setState() {} } });
    expect(step.mock.calls).toEqual(history.map(({ trainLoss }) => [trainLoss]));
    // A function of the step: the last of 2 · 3 steps has a sixth left, that before the second epoch four.
    const { history: rates } = await fitted({ epochs: 2, schedule: 'linear', learningRate: 0.6 });
    expect(rates.map(({ learningRate }) => learningRate)).toEqual([expect.closeTo(0.4), expect.closeTo(0.1)]);
    const constant = await fitted({ epochs: 2, schedule: null });
    expect(constant.history.map(({ learningRate }) => learningRate)).toEqual([1e-3, 1e-3]);
  },

  async validation() {
    const { history, model } = await fitted({ validation: other });
    expect(history[0].validation).toEqual(await model.evaluate(other));
    expect((await fitted({})).history[0].validation).toBeUndefined();
  },

  async evaluateEvery() {
    const onEvaluate = vi.fn();
    await fitted({ epochs: 2, validation: other, evaluateEvery: 2, onEvaluate });
    const at = onEvaluate.mock.calls.map(([{ epoch, step }]) => [epoch, step]);
    expect(at).toEqual([
      [1, 2],
      [1, 3],
      [2, 1],
      [2, 3],
    ]);
  },

  async task() {
    // To call everything class 0 is what a classification does whose labels are all 0.
    const loss: typeof classification.loss = (logits, { labels }) =>
      softmaxCrossEntropy({ logits, labels: zerosLike(labels) })[0] as Scalar;
    const given = await fitted({ validation: other, task: { ...classification, loss } });
    const same = await fitted({ validation: allZero(other) }, { source: allZero(data) });
    expect(given.weights).toEqual(same.weights);
    expect(given.history[0].validation?.loss).toBe(same.history[0].validation?.loss);
  },

  async metrics() {
    const thrice = {
      name: 'thrice',
      sum: (_: unknown, { size }: { size: number }): Scalar => scalar(3 * size),
    };
    const onMetrics = vi.fn();
    const [record] = (await fitted({ metrics: [thrice], validation: other, onMetrics })).history;
    expect(record).toMatchObject({ trainMetrics: { thrice: 3 }, validation: { thrice: 3 } });
    expect(onMetrics).toHaveBeenLastCalledWith(expect.objectContaining({ metrics: { thrice: 3 } }));
  },

  async callbacks() {
    const callbacks = ['first', 'second'].map((name) => ({ name, onStep: vi.fn() }));
    const { model } = await fitted({ callbacks });
    for (const { onStep } of callbacks) {
      expect(onStep).toHaveBeenCalledTimes(3);
      expect(onStep).toHaveBeenLastCalledWith(
        { epoch: 1, step: 3, stepsPerEpoch: 3 },
        expect.objectContaining({ model }),
      );
    }
  },

  async signal() {
    const controller = new AbortController();
    const { signal } = controller;
    const onStep: FitOptions['onStep'] = ({ step }) => step === 2 && controller.abort();
    const { aborted, steps, requests } = await fitted({ signal, onStep });
    expect({ aborted, steps }).toEqual({ aborted: true, steps: 2 });
    expect(requests[0].signal).toBe(signal);
  },

  async readEvery() {
    const onMetrics = vi.fn();
    await fitted({ readEvery: 2, onMetrics });
    expect(onMetrics.mock.calls.map(([{ losses }]) => losses.length)).toEqual([2, 1]);
  },

  async resume() {
    const straight = await fitted({ epochs: 2 });
    let resume: Uint8Array | undefined;
    await fitted({
      onEpoch: async ({ checkpoint }) => {
        resume = await checkpoint();
      },
    });
    const resumed = await fitted({ epochs: 2, resume });
    expect(resumed.steps).toBe(3);
    expect(resumed.weights).toEqual(straight.weights);
  },

  async onStart() {
    const onStart = vi.fn();
    await fitted({ onStart });
    const optimizer = expect.objectContaining({ baseClassName: 'HarmonicAdam' });
    expect(onStart.mock.calls).toEqual([
      [{ epoch: 1, step: 0, stepsPerEpoch: 3, optimizer, floatPrecision: 32 }],
    ]);
  },

  async capture() {
    for (const [capture, reason] of [
      [undefined, 'the backend cpu executes no programs'],
      [false, 'capture is false'],
    ] as const) {
      const onCapture = vi.fn();
      const { captured } = await fitted({ capture, onCapture });
      expect(captured).toBe(false);
      expect(onCapture.mock.calls).toEqual([
        [{ epoch: 1, step: 1, stepsPerEpoch: 3, captured: false, reason, threads: 1 }],
      ]);
    }
  },

  async threads() {
    // Those of wasm are in threads.test.ts.
    for (const threads of [undefined, 'auto', 3] as const)
      expect(await fitted({ threads })).toMatchObject({ captured: false, threads: 1 });
  },

  async onCapture() {
    await tests.capture();
  },

  async onWarning() {
    const onWarning = vi.fn();
    const model = new HarmonicMLP({ ...shape, periods: 'constant:1000' });
    await model.fit(data, { epochs: 1, batchSize: 8, onWarning });
    expect(onWarning.mock.calls).toMatchObject([
      [{ kind: 'long-periods', layer: 'hidden.0', epoch: 1, step: 1, stepsPerEpoch: 3 }],
    ]);
  },

  async onStep() {
    const onStep = vi.fn();
    await fitted({ onStep });
    expect(onStep.mock.calls).toEqual([1, 2, 3].map((step) => [{ epoch: 1, step, stepsPerEpoch: 3 }]));
  },

  async onMetrics() {
    const onMetrics = vi.fn();
    const { history } = await fitted({ onMetrics });
    const [{ trainLoss: meanLoss, trainAccuracy: accuracy }] = history;
    const losses = [expect.any(Number), expect.any(Number), expect.any(Number)];
    const event = { epoch: 1, step: 3, stepsPerEpoch: 3, losses, meanLoss, accuracy };
    expect(onMetrics.mock.calls).toEqual([[event]]);
  },

  async onEvaluate() {
    const onEvaluate = vi.fn();
    const { history } = await fitted({ validation: other, onEvaluate });
    const { validation } = history[0];
    expect(onEvaluate.mock.calls).toEqual([[{ epoch: 1, step: 3, stepsPerEpoch: 3, validation }]]);
  },

  async onEpoch() {
    const onEpoch = vi.fn();
    const { history } = await fitted({ epochs: 2, onEpoch });
    const checkpoint = expect.any(Function);
    expect(onEpoch.mock.calls).toEqual(history.map((record) => [{ ...record, checkpoint }]));
  },

  async onAbort() {
    const controller = new AbortController();
    const onAbort = vi.fn();
    await fitted({ signal: controller.signal, onStep: () => controller.abort(), onAbort });
    const checkpoint = expect.any(Function);
    expect(onAbort.mock.calls).toEqual([[{ epoch: 1, step: 1, stepsPerEpoch: 3, checkpoint }]]);
  },

  async onEnd() {
    const onEnd = vi.fn();
    const { history } = await fitted({ onEnd });
    const checkpoint = expect.any(Function);
    const event = {
      epoch: 1,
      step: 3,
      stepsPerEpoch: 3,
      history,
      aborted: false,
      captured: false,
      threads: 1,
      checkpoint,
    };
    expect(onEnd.mock.calls).toEqual([[event]]);
  },
};

describe('fit follows its option', () => {
  it.each(Object.entries(tests))('%s', (_, test) => test());
});

it('fit awaits all of its handlers', async () => {
  const controller = new AbortController();
  const log: string[] = [];
  const names = ['onStart', 'onStep', 'onMetrics', 'onEvaluate', 'onEpoch', 'onAbort', 'onEnd'] as const;
  const handlers = names.map((name) => [
    name,
    async () => {
      log.push(name);
      await setTimeout(1);
      log.push(`${name} done`);
      if (name === 'onEpoch') controller.abort();
    },
  ]);
  await fitted({ epochs: 2, validation: other, signal: controller.signal, ...Object.fromEntries(handlers) });
  const step = ['onStep', 'onStep', 'onStep', 'onMetrics'];
  const called = ['onStart', ...step, 'onEvaluate', 'onEpoch', 'onAbort', 'onEnd'];
  expect(log).toEqual(called.flatMap((name) => [name, `${name} done`]));
});
