import { foldIn, randomKey } from '@harmonic-mlp/core';
import { Adam } from '@harmonic-mlp/freq-optimizer';
import {
  add,
  dispose,
  div,
  max,
  mean,
  memory,
  train as optimizers,
  type Scalar,
  scalar,
  setBackend,
  softmax,
  sum,
  tidy,
  type Variable,
} from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
// The loss of this test is made of stock operations.
import '@tensorflow/tfjs-core/dist/register_all_gradients';
import { beforeAll, describe, expect, expectTypeOf, it } from 'vitest';
import {
  type Batch,
  type Callback,
  classification,
  type Examples,
  evaluate,
  type FitOptions,
  fit,
  HarmonicMLP,
  Learner,
  type Metric,
} from '../src';
import { leastSquares, line, linearModel, type Points } from './line';
import { noisyPatterns } from './small-data';

beforeAll(() => setBackend('cpu'));

const shape = { inputSize: 12, classes: 4, hidden: [10], seed: 2 };
const data = noisyPatterns({ size: 64 });

const valuesOf = (variables: Readonly<Record<string, Variable>>) =>
  Object.values(variables).map((variable) => [...variable.dataSync()]);

describe('Learner', () => {
  it('does in two calls what a step of fit does, to the bit', async () => {
    const [model, other] = [new HarmonicMLP(shape), new HarmonicMLP(shape)];
    const before = memory().numTensors;
    const optimizer = new Adam();
    const learner = new Learner(model, optimizer, classification);
    const shuffle = foldIn(foldIn(randomKey(shape.seed), 'shuffle'), 1);
    let step = 0;
    for (const batch of data.batches({ batchSize: 16, shuffle })) {
      step += 1;
      const key = foldIn(foldIn(foldIn(randomKey(shape.seed), 'dropout'), 1), step);
      const { loss, metrics, gradients } = learner.gradients(batch, key);
      const still = valuesOf(model.parameters);
      learner.update(gradients);
      expect(valuesOf(model.parameters)).not.toEqual(still);
      dispose([loss, metrics, gradients, batch.inputs, batch.labels]);
    }
    optimizer.dispose();
    expect(memory().numTensors).toBe(before);

    const same = new Adam();
    await other.fit(data, { epochs: 1, batchSize: 16, optimizer: same, schedule: null });
    same.dispose();
    expect(valuesOf(model.variables)).toEqual(valuesOf(other.variables));
    model.dispose();
    other.dispose();
  });

  it('keeps no metric where the loss fails', () => {
    const model = new HarmonicMLP(shape);
    const loss = () => {
      throw new Error('it failed');
    };
    const [batch] = [...data.batches({ batchSize: 64 })];
    // tfjs keeps what the forward pass had saved for its gradient.
    const [without, withMetrics] = [[], classification.metrics].map((metrics) => {
      const learner = new Learner(model, optimizers.sgd(0.1), { ...classification, loss }, metrics);
      const before = memory().numTensors;
      expect(() => learner.gradients(batch, randomKey(0))).toThrow('it failed');
      return memory().numTensors - before;
    });
    expect(withMetrics).toBe(without);
    dispose([batch.inputs, batch.labels]);
    model.dispose();
  });

  it('moves no parameter for its gradients, which can be added up over batches', () => {
    const linear = { inputSize: 12, classes: 4, hidden: [], seed: 2 };
    const [model, other] = [new HarmonicMLP(linear), new HarmonicMLP(linear)];
    const key = randomKey(0);
    const sgd = optimizers.sgd(0.1);
    const learner = new Learner(model, sgd, classification);
    const [first, second] = [...data.batches({ batchSize: 32 })];
    const still = valuesOf(model.parameters);
    const [one, two] = [learner.gradients(first, key), learner.gradients(second, key)];
    expect(valuesOf(model.parameters)).toEqual(still);
    const half = Object.fromEntries(
      Object.entries(one.gradients).map(([name, gradient]) => [
        name,
        tidy(() => div(add(gradient, two.gradients[name]), 2)),
      ]),
    );
    learner.update(half);

    const [whole] = [...data.batches({ batchSize: 64 })];
    const all = new Learner(other, sgd, classification);
    const { loss, metrics, gradients } = all.gradients(whole, key);
    all.update(gradients);
    const [sums, expected] = [valuesOf(model.parameters).flat(), valuesOf(other.parameters).flat()];
    for (const [i, value] of sums.entries()) expect(Math.abs(value - expected[i])).toBeLessThan(1e-7);
    for (const each of [one, two]) dispose([each.loss, each.metrics, each.gradients]);
    dispose([loss, metrics, gradients, half]);
    for (const { inputs, labels } of [first, second, whole]) dispose([inputs, labels]);
    sgd.dispose();
    model.dispose();
    other.dispose();
  });
});

/** What `onMetrics` is called with. */
type MetricsOf<B extends Examples> = Parameters<NonNullable<FitOptions<B>['onMetrics']>>[0];

describe('Another task, on another model', () => {
  it('is trained and evaluated by the same loop', async () => {
    const model = linearModel();
    const before = memory().numTensors;
    const { history } = await fit(model, line, {
      task: leastSquares,
      epochs: 60,
      batchSize: 16,
      learningRate: 0.1,
      schedule: 'cosine',
      validation: line,
    });
    const found = await evaluate(model, line, { task: leastSquares });
    expect(memory().numTensors).toBe(before);
    const [a, b] = model.parameters.weights.dataSync();
    expect(a).toBeCloseTo(2, 2);
    expect(b).toBeCloseTo(-3, 2);
    expect(found.loss).toBeLessThan(1e-4);
    expect(history.at(-1)).toMatchObject({
      validation: found,
      trainMetrics: { absoluteError: expect.any(Number) },
    });
    expect(history.at(-1)).not.toHaveProperty('trainAccuracy');
    expectTypeOf(history[0].trainAccuracy).toEqualTypeOf<number | undefined>();
    expectTypeOf(found.accuracy).toEqualTypeOf<number | undefined>();
    expectTypeOf<MetricsOf<Points>['accuracy']>().toEqualTypeOf<number | undefined>();
    model.dispose();
  });
});

describe('Metrics', () => {
  it('are measured beside those of the task, in training and in validation', async () => {
    const confidence: Metric<Batch> = {
      name: 'confidence',
      sum: (logits) => tidy(() => sum(max(softmax(logits), 1)) as Scalar),
    };
    const model = new HarmonicMLP(shape);
    const metrics = [confidence];
    const { history } = await model.fit(data, { epochs: 2, batchSize: 16, validation: data, metrics });
    const found = await model.evaluate(data, { metrics });
    expectTypeOf(history[0].trainAccuracy).toEqualTypeOf<number>();
    expectTypeOf(found.accuracy).toEqualTypeOf<number>();
    expectTypeOf<MetricsOf<Batch>['accuracy']>().toEqualTypeOf<number>();
    const [{ inputs, labels }] = [...data.batches({ batchSize: 64 })];
    const probabilities = model.predict(inputs);
    const expected = tidy(() => mean(max(probabilities, 1)).dataSync()[0]);
    expect(found.confidence).toBeCloseTo(expected, 5);
    expect(history[1].validation).toEqual(found);
    expect(history[1].trainMetrics).toEqual({ confidence: expect.any(Number) });
    expect(history[1].trainMetrics!.confidence).toBeGreaterThan(0.25);
    dispose([inputs, labels, probabilities]);
    model.dispose();
  });

  it('are left out of the epoch in which a resumed run adds or removes them', async () => {
    const constant = (name: string): Metric<Batch> => ({
      name,
      sum: (_, batch) => scalar(batch.size) as Scalar,
    });
    const files: Uint8Array[] = [];
    const saver: Callback = {
      name: 'saver',
      onStep: async (_, run) => void files.push(await run.checkpoint()),
      onEpoch: async (_, run) => void files.push(await run.checkpoint()),
    };
    const fitted = async (names: string[], more: FitOptions) => {
      const model = new HarmonicMLP(shape);
      const metrics = names.map(constant);
      const { history } = await model.fit(data, { epochs: 2, batchSize: 16, metrics, ...more });
      model.dispose();
      return history.map(({ trainMetrics }) => trainMetrics);
    };
    const both = { kept: 1, removed: 1 };
    expect(await fitted(['kept', 'removed'], { callbacks: [saver] })).toEqual([both, both]);
    const [, within, , , between] = files;
    const added = { added: 1, kept: 1 };
    const tensors = memory().numTensors;
    expect(await fitted(['added', 'kept'], { resume: within })).toEqual([{ kept: 1 }, added]);
    expect(await fitted(['added', 'kept'], { resume: between })).toEqual([both, added]);
    expect(await fitted(['added'], { resume: within })).toEqual([undefined, { added: 1 }]);
    expect(memory().numTensors).toBe(tensors);
  });

  it('are refused where they are none', async () => {
    const model = new HarmonicMLP(shape);
    for (const metrics of [classification, ['accuracy'], [{ name: 'loss', sum() {} }]]) {
      await expect(model.fit(data, { metrics: metrics as never })).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
        argument: expect.stringMatching(/^metrics/),
      });
    }
    await expect(model.fit(data, { task: 'regression' as never })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      argument: 'task',
    });
    model.dispose();
  });
});
