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
  tensor1d,
  tidy,
  type Variable,
} from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
// The loss of this test is made of stock operations.
import '@tensorflow/tfjs-core/dist/register_all_gradients';
import { beforeAll, describe, expect, expectTypeOf, it } from 'vitest';
import {
  accuracy,
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

  it('is made of a model, an optimizer, a task, and metrics', () => {
    const model = new HarmonicMLP(shape);
    const sgd = optimizers.sgd(0.1);
    const { faultOf, findUnusable, ...part } = classification;
    for (const [given, argument, message] of [
      [[undefined, sgd, classification], 'model', /^model is undefined; it must be a HarmonicMLP/],
      [[null, sgd, classification], 'model', /^model is null; it must be a HarmonicMLP/],
      [[shape, sgd, classification], 'model', /^model is an object without forward, requireAlive; it must/],
      [[model, 'adam', classification], 'optimizer', /^optimizer is "adam"; it must be a tf\.Optimizer/],
      [[model, sgd], 'task', /^task is undefined; it must be a task, such as classification\.$/],
      [[model, sgd, part], 'task', /^task is an object without faultOf, findUnusable; it must be a task/],
      [[model, sgd, { ...classification, name: 5 }], 'task.name', /^task\.name is 5; it must be a string/],
      [[model, sgd, classification, accuracy], 'metrics', /^metrics is an object; it must be a list/],
    ] as const) {
      const make = () => new Learner(...(given as unknown as ConstructorParameters<typeof Learner<Batch>>));
      expect(make).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT', argument }));
      expect(make).toThrow(message);
    }
    sgd.dispose();
    model.dispose();
  });

  it('asks for the key of the dropout masks', () => {
    const model = new HarmonicMLP(shape);
    const sgd = optimizers.sgd(0.1);
    const [batch] = [...data.batches({ batchSize: 64 })];
    const learner = new Learner(model, sgd, classification);
    expect(() => learner.gradients(batch, undefined as never)).toThrow(
      expect.objectContaining({
        code: 'INVALID_ARGUMENT',
        message: 'dropoutKey is undefined; it must be a random key, such as randomKey(0).',
      }),
    );
    dispose([batch.inputs, batch.labels]);
    sgd.dispose();
    model.dispose();
  });

  it('refuses a gradient that no parameter has, before anything moves', () => {
    const model = new HarmonicMLP(shape);
    const sgd = optimizers.sgd(0.1);
    const learner = new Learner(model, sgd, classification);
    const before = valuesOf(model.parameters);
    const [kernel, bias] = ['output/kernel', 'output/bias'].map((path) => model.parameters[path]);
    const gradients = { [kernel.name]: kernel, 'output/bias': bias };
    expect(() => learner.update(gradients)).toThrow(
      'There is a gradient for "output/bias", but no parameter of the model is a variable of that name. Did you mean model.parameters["output/bias"].name?',
    );
    expect(() => learner.update({ mine: bias })).toThrow(
      expect.objectContaining({
        code: 'INVALID_ARGUMENT',
        argument: 'gradients',
        value: 'mine',
        fix: undefined,
      }),
    );
    expect(valuesOf(model.parameters)).toEqual(before);
    learner.update({ [bias.name]: bias });
    expect(valuesOf(model.parameters)).not.toEqual(before);
    sgd.dispose();
    model.dispose();
  });

  it.each<[string, unknown, string]>([
    ['a number', 0.5, '0.5'],
    ['a vector', () => tensor1d([1, 2]), 'a tensor of shape [2]'],
    ['a promise', async () => 1, 'a promise, which must be awaited first'],
  ])('refuses %s as a loss or the sum of a metric', async (_, given, described) => {
    const model = new HarmonicMLP(shape);
    const value = () => (typeof given === 'function' ? given() : given);
    const own = { name: 'own', sum: value } as unknown as Metric<Batch>;
    const task = { ...classification, name: 'mine', loss: value } as unknown as typeof classification;
    for (const [name, options] of [
      ['own.sum', { metrics: [own] }],
      ['mine.loss', { task }],
    ] as const) {
      for (const run of [
        () => model.fit(data, { steps: 1, ...options }),
        () => model.evaluate(data, options),
      ]) {
        await expect(run()).rejects.toMatchObject({
          code: 'INVALID_ARGUMENT',
          argument: `${name}(outputs, batch)`,
          message: `${name}(outputs, batch) is ${described}; it must be a scalar tensor.`,
        });
      }
    }
    model.dispose();
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

it('A run is resumed only with its task', async () => {
  const model = linearModel();
  const options = { task: leastSquares, batchSize: 16, epochs: 1 };
  let resume: Uint8Array | undefined;
  await fit(model, line, {
    ...options,
    onEpoch: async ({ checkpoint }) => {
      resume = await checkpoint();
    },
  });
  const again = (task: typeof leastSquares) => fit(model, line, { ...options, task, resume, epochs: 2 });
  await expect(again({ ...leastSquares, name: 'leastCubes' })).rejects.toMatchObject({
    code: 'INVALID_DATA',
    argument: 'task',
    value: 'leastCubes',
    allowed: '"leastSquares"',
  });
  expect((await again({ ...leastSquares })).history).toHaveLength(2);
  model.dispose();
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

  it('are refused where a name is taken, since their sums would be added up', async () => {
    const model = new HarmonicMLP(shape);
    const half: Metric<Batch> = { ...accuracy, name: 'half' };
    const taken = (name: string, names: string) => ({
      code: 'INVALID_ARGUMENT',
      argument: 'metrics[1]',
      value: expect.objectContaining({ name }),
      allowed: `an object with a function sum(outputs, batch) and a name other than ${names}`,
    });
    const doubled = { metrics: [half, accuracy] };
    const twice = { metrics: [half, { ...half }] };
    for (const start of [
      (options: object) => model.fit(data, options),
      (options: object) => model.evaluate(data, options),
    ]) {
      await expect(start(doubled)).rejects.toMatchObject(taken('accuracy', '"loss", "accuracy", "half"'));
      await expect(start(twice)).rejects.toMatchObject(taken('half', '"loss", "accuracy", "half"'));
      await expect(start({ task: { ...classification, ...twice } })).rejects.toMatchObject({
        ...taken('half', '"loss", "half"'),
        argument: 'task.metrics[1]',
      });
    }
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
