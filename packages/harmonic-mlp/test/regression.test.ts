import '@tensorflow/tfjs-backend-cpu';
import { dispose, memory, setBackend, tensor, tensor2d, tidy } from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { describeOnEachBackend } from '../../../test/support/backends';
import { HarmonicMLP, type HarmonicMLPOptions, multiLabel, regression } from '../src';
import { noisyPatterns } from './small-data';

const made: { dispose(): void }[] = [];
const model = (options: HarmonicMLPOptions) => {
  const network = new HarmonicMLP({ inputSize: 1, hidden: [32], dropout: 0, ...options });
  made.push(network);
  return network;
};
afterEach(() => {
  for (const each of made.splice(0)) each.dispose();
});

const xs = Array.from({ length: 200 }, (_, i) => i / 100 - 1);
/** Far from 0 and large, so that only standardized targets can be learned. */
const celsius = (x: number) => 5000 + 300 * Math.sin(3 * x);
const wave = { inputs: xs, targets: xs.map(celsius) };

/** As scikit-learn defines them. */
function scores(predictions: ArrayLike<number>, targets: readonly number[]) {
  const mean = targets.reduce((a, b) => a + b) / targets.length;
  const squares = (values: readonly number[]) => values.reduce((total, value) => total + value ** 2, 0);
  const residual = squares(targets.map((target, i) => target - predictions[i]));
  return {
    rmse: Math.sqrt(residual / targets.length),
    r2: 1 - residual / squares(targets.map((t) => t - mean)),
  };
}

describeOnEachBackend('A regression', () => {
  it('learns numbers, and reports them in their own units', async () => {
    const network = model({ task: 'regression', periods: 'geometric:0.2,4', norm: 'none' });
    const { history } = await network.fit(wave, { epochs: 60, batchSize: 20, learningRate: 0.01 });
    const predictions = network.predict(xs.map((x) => [x]));
    const evaluation = await network.evaluate(wave);
    const expected = scores(await predictions.data(), wave.targets);
    expect(evaluation.rmse).toBeCloseTo(expected.rmse, 2);
    expect(evaluation.r2).toBeCloseTo(expected.r2, 4);
    expect(evaluation.r2).toBeGreaterThan(0.99);
    // The loss is that of standardized targets.
    expect(evaluation.loss).toBeCloseTo(1 - expected.r2!, 4);
    expect(history.at(-1)!.trainMetrics).toEqual({ rmse: expect.any(Number), r2: expect.any(Number) });
    expect(history.at(-1)!.trainAccuracy).toBeUndefined();
    predictions.dispose();
  });

  it('keeps the units with the model, and goes on from a checkpoint to the bit', async () => {
    const files: Uint8Array[] = [];
    const options = { epochs: 4, batchSize: 50 };
    const whole = model({ task: 'regression' });
    await whole.fit(wave, {
      ...options,
      onEpoch: async ({ checkpoint }) => {
        files.push(await checkpoint());
      },
    });
    const resumed = HarmonicMLP.fromBytes(files[1]);
    made.push(resumed);
    await resumed.fit(wave, { ...options, resume: files[1] });
    for (const [path, variable] of Object.entries(whole.variables))
      expect(await resumed.variables[path].data(), path).toEqual(await variable.data());
    expect((await resumed.targetUnits!.mean.data())[0]).toBeCloseTo(5000, -1);
    expect((await resumed.targetUnits!.count.data())[0]).toBe(200);
    // A second run with other data does not change what the outputs mean.
    const before = await resumed.targetUnits!.mean.data();
    await resumed.fit({ inputs: xs, targets: xs }, { epochs: 1 });
    expect(await resumed.targetUnits!.mean.data()).toEqual(before);
  });

  it.each([[{ loss: 'absolute' } as const], [{ loss: 'huber', delta: 0.5 } as const]])(
    'takes the loss %j',
    async (loss) => {
      const network = model({ task: 'regression', norm: 'none', ...loss });
      const { history } = await network.fit(wave, { epochs: 12, batchSize: 20, learningRate: 0.01 });
      expect(history.at(-1)!.trainLoss).toBeLessThan(history[0].trainLoss);
      expect(network.config).toMatchObject(loss);
    },
  );
});

describeOnEachBackend('The regression’s scores', () => {
  it('are those of scikit-learn, for several outputs', async () => {
    const outputs = tensor2d([
      [2.5, 1],
      [0, 2],
      [2, -1],
      [8, 5],
    ]);
    const targets = tensor2d([
      [3, 1.5],
      [-0.5, 2],
      [2, 0],
      [7, 4],
    ]);
    // sklearn.metrics 1.7: mean_squared_error 0.46875 (0.375 and 0.5625), r2_score 0.9486081370449679 and 0.7352941…
    const batch = { inputs: outputs, targets, size: 4 };
    const { metrics, loss } = regression();
    const [rmse, r2] = await Promise.all(
      metrics.map(async (metric) => {
        const sums = tidy(() => metric.sum(outputs, batch));
        const values = Array.from(await sums.data(), (sum) => sum / 4);
        sums.dispose();
        return metric.result!(values);
      }),
    );
    expect(rmse).toBeCloseTo(Math.sqrt((0.375 + 0.5625) / 2), 6);
    const second = 1 - (0.25 + 0 + 1 + 1) / (1.5 ** 2 + 2 ** 2 + 0 + 4 ** 2 - 4 * 1.875 ** 2);
    expect(r2).toBeCloseTo((0.9486081370449679 + second) / 2, 5);
    const value = tidy(() => loss(outputs, batch));
    expect((await value.data())[0]).toBeCloseTo((0.375 + 0.5625) / 2, 6);
    dispose([outputs, targets, value]);
  });

  it('of targets that do not vary are 1 or 0', () => {
    const [, r2] = regression().metrics;
    expect(r2.result!([0, 3, 9])).toBe(1);
    expect(r2.result!([0.5, 3, 9])).toBe(0);
  });
});

describeOnEachBackend('Several labels', () => {
  it('are learned, and predicted as probabilities', async () => {
    const network = model({ task: 'multi-label', outputs: 2, activation: 'relu' });
    const data = { inputs: xs, targets: xs.map((x) => [Number(x > 0), Number(Math.abs(x) > 0.5)]) };
    await network.fit(data, { epochs: 30, batchSize: 20, learningRate: 0.01 });
    const { accuracy } = await network.evaluate(data);
    expect(accuracy).toBeGreaterThan(0.95);
    const probabilities = network.predict([[0.9], [-0.1]]);
    const [a, b, c, d] = await probabilities.data();
    expect([a, b, 1 - c, 1 - d].every((value) => value > 0.5 && value < 1)).toBe(true);
    probabilities.dispose();
  });

  it('count by the side of one half', async () => {
    const [outputs, targets] = [tensor2d([[3, -2, 0.1]]), tensor2d([[1, 1, 0]])];
    const sums = tidy(() => multiLabel.metrics[0].sum(outputs, { inputs: outputs, targets, size: 1 }));
    expect((await sums.data())[0]).toBeCloseTo(1 / 3, 6);
    dispose([outputs, targets, sums]);
  });
});

describeOnEachBackend('Examples as values', () => {
  const classes = xs.map((x) => Number(x > 0) + Number(x > 0.5));
  const classifier = () => model({ classes: 3, hidden: [16] });

  it('train a classifier in whatever form they come, alike', async () => {
    const x = tensor2d(xs, [200, 1]);
    const forms = [
      { inputs: xs, targets: classes },
      { inputs: xs.map((value) => [value]), targets: Int32Array.from(classes) },
      {
        inputs: Float32Array.from(xs),
        targets: classes.map((label) => [0, 1, 2].map((each) => Number(each === label))),
      },
      { inputs: x, targets: tensor(classes, undefined, 'int32') },
    ];
    const results = [];
    for (const data of forms) {
      const { history } = await classifier().fit(data, { epochs: 2, batchSize: 32, validationSplit: 0.25 });
      results.push(history.map(({ trainLoss, validation }) => [trainLoss, validation!.loss]));
    }
    for (const result of results.slice(1)) expect(result).toEqual(results[0]);
    dispose([x, forms[3].targets as typeof x]);
  });

  it('are validation data too, of a data set as well', async () => {
    const validation = { inputs: xs.slice(100), targets: classes.slice(100) };
    const [network, other] = [classifier(), classifier()];
    const { history } = await network.fit({ inputs: xs, targets: classes }, { epochs: 1, validation });
    const { loss } = await network.evaluate(validation);
    expect(history[0].validation!.loss).toBe(loss);
    const source = noisyPatterns({ size: 8, inputSize: 1, classes: 3 });
    const run = await other.fit(source, { epochs: 1, validation: validation as never });
    expect(run.history[0].validation!.accuracy).toBeGreaterThanOrEqual(0);
  });

  it('may be split, and taken in their own order', async () => {
    const data = { inputs: xs, targets: classes };
    const whole = classifier();
    await whole.fit(data, { epochs: 1, batchSize: 50, validationSplit: 0.5, shuffle: false });
    const half = classifier();
    const first = { inputs: xs.slice(0, 100), targets: classes.slice(0, 100) };
    await half.fit(first, { epochs: 1, batchSize: 50, shuffle: false });
    const shuffled = classifier();
    await shuffled.fit(first, { epochs: 1, batchSize: 50 });
    const kernels = await Promise.all([whole, half, shuffled].map((each) => each.output.kernel.data()));
    expect(kernels[0]).toEqual(kernels[1]);
    expect(kernels[0]).not.toEqual(kernels[2]);
  });

  it('weigh in the loss as they are told', async () => {
    const trained = async (weights: number[] | undefined) => {
      const network = model({ task: 'regression', hidden: [], seed: 1 });
      await network.fit(
        { inputs: [0, 0], targets: [0, 1], weights },
        { epochs: 200, learningRate: 0.05, schedule: 'constant' },
      );
      const prediction = network.predict([0]);
      const [value] = await prediction.data();
      prediction.dispose();
      return value;
    };
    expect(await trained(undefined)).toBeCloseTo(0.5, 2);
    // The mean of 0 and 1 with weights 1 and 3.
    expect(await trained([1, 3])).toBeCloseTo(0.75, 2);
  });

  it('are one example, too', async () => {
    const network = model({ inputSize: 2, task: 'regression', outputs: 3, norm: 'none' });
    const y = network.predict([0.5, -1]);
    expect(y.shape).toEqual([1, 3]);
    y.dispose();
    await network.fit({ inputs: [[1, 2]], targets: [[1, 2, 3]] }, { epochs: 1, batchSize: 1 });
  });
});

describe('Values that cannot be used', () => {
  const regressor = (options: HarmonicMLPOptions = {}) =>
    model({ inputSize: 2, task: 'regression', ...options });
  const good = {
    inputs: [
      [1, 2],
      [3, 4],
      [5, 6],
    ],
    targets: [1, 2, 3],
  };

  it.each<[string, object, object, object?]>([
    [
      'feature 1 of example 2 is NaN; it must be a finite number',
      { code: 'INVALID_DATA', argument: 'inputs' },
      {
        ...good,
        inputs: [
          [1, 2],
          [3, 4],
          [5, Number.NaN],
        ],
      },
    ],
    [
      'the target of example 1 is Infinity; it must be a finite number',
      { code: 'INVALID_DATA', argument: 'targets' },
      { ...good, targets: [1, Infinity, 3] },
    ],
    [
      'inputs[1] has 3 values, but inputs[0] has 2. Make all rows the same length.',
      { code: 'INVALID_SHAPE', argument: 'inputs[1]' },
      {
        ...good,
        inputs: [
          [1, 2],
          [3, 4, 5],
          [5, 6],
        ],
      },
    ],
    ['There are 3 inputs, but 2 targets.', { code: 'INVALID_SHAPE' }, { ...good, targets: [1, 2] }],
    ['There are 3 inputs, but 1 weights.', { code: 'INVALID_SHAPE' }, { ...good, weights: [1] }],
    [
      'the weight of example 1 is -1; it must be a finite number at least 0',
      { code: 'INVALID_DATA' },
      { ...good, weights: [1, -1, 1] },
    ],
    [
      'inputs has rows of 1 numbers, but the model takes 2',
      { code: 'INVALID_SHAPE' },
      { ...good, inputs: [[1], [2], [3]] },
    ],
    [
      'inputs has 3 values, which do not make rows of 2',
      { code: 'INVALID_SHAPE' },
      { ...good, inputs: [1, 2, 3] },
    ],
    [
      'inputs[0][1] is "2"; it must be a number',
      { code: 'INVALID_DATA' },
      {
        ...good,
        inputs: [
          [1, '2'],
          [3, 4],
          [5, 6],
        ],
      },
    ],
    ['inputs is "abc"', { code: 'INVALID_ARGUMENT' }, { ...good, inputs: 'abc' }],
    [
      'validationSplit is 0.01; it must be a fraction between 0 and 1 that leaves at least one of the 3 examples',
      { code: 'INVALID_ARGUMENT', argument: 'validationSplit' },
      good,
      { validationSplit: 0.01 },
    ],
    [
      'validationSplit is "0.2"; it must be a fraction between 0 and 1 that leaves at least one of the 3 examples',
      { code: 'INVALID_ARGUMENT', argument: 'validationSplit' },
      good,
      { validationSplit: '0.2' as never },
    ],
    [
      'validationSplit is 0.5; it must be left out, since there is validation data',
      { code: 'INVALID_ARGUMENT', argument: 'validationSplit' },
      good,
      { validationSplit: 0.5, validation: good },
    ],
    ['shuffle is 1; it must be true or false', { code: 'INVALID_ARGUMENT' }, good, { shuffle: 1 }],
  ])('are refused: %s', async (message, fields, data, options = {}) => {
    const run = regressor().fit(data as typeof good, { epochs: 1, ...options });
    await expect(run).rejects.toThrow(message);
    await expect(run).rejects.toThrow(expect.objectContaining(fields));
  });

  it.each<[string, object, object]>([
    ['The target of example 1 is 3; it must be a class from 0 to 2', {}, { ...good, targets: [0, 3, 1] }],
    ['The target of example 0 is 0.5; it must be a class from 0 to 2', {}, { ...good, targets: [0.5, 1, 1] }],
    [
      'targets has rows of 2 numbers, but the model has 3 classes',
      {},
      {
        ...good,
        targets: [
          [0, 1],
          [1, 0],
          [1, 0],
        ],
      },
    ],
  ])('as classes are refused: %s', async (message, _, data) => {
    const network = model({ inputSize: 2, classes: 3 });
    await expect(network.fit(data as typeof good, { epochs: 1 })).rejects.toThrow(message);
  });

  it.each<[HarmonicMLPOptions, string]>([
    [{ task: 'regresion' as never }, 'Did you mean "regression"?'],
    [{ task: 'regression', classes: 3 }, 'classes is for a classification, but the task is regression.'],
    [{ outputs: 3 }, 'outputs is for a regression or multi-label, but the task is classification.'],
    [{ task: 'multi-label', loss: 'huber' }, 'loss is for a regression, but the task is multi-label.'],
    [
      { task: 'regression', loss: 'l1' as never },
      'loss is "l1"; it must be one of "squared", "absolute", "huber"',
    ],
    [{ task: 'regression', outputs: 0 }, 'outputs is 0'],
    [{ task: 'regression', loss: 'huber', delta: 0 }, 'delta is 0'],
  ])('and options %j: %s', (options, message) => {
    expect(() => model(options)).toThrow(message);
  });

  it('leave nothing behind', async () => {
    const { numTensors } = memory();
    const network = new HarmonicMLP({ inputSize: 2, task: 'regression' });
    await network.fit({ ...good, targets: [1, 2, Number.NaN] }, {}).catch(() => {});
    network.dispose();
    expect(memory().numTensors).toBe(numTensors);
  });
});

describe('A small network', () => {
  const training = { epochs: 8, batchSize: 1, learningRate: 5e-3, schedule: 'cosine' } as const;

  beforeAll(() => setBackend('cpu'));

  it('of 2-32-32-1 learns a product, from batches of one example', async () => {
    const inputs = Array.from({ length: 49 }, (_, i) => [(i % 7) / 3 - 1, Math.floor(i / 7) / 3 - 1]);
    const targets = inputs.map(([x, y]) => x * y);
    const network = model({ task: 'regression', inputSize: 2, hidden: [32, 32], norm: 'none' });
    await network.fit({ inputs, targets }, training);
    expect((await network.evaluate({ inputs, targets })).r2).toBeGreaterThan(0.95);
  });

  it('of 16 units tells three classes apart, from batches of one example', async () => {
    const inputs = Array.from({ length: 60 }, (_, i) => [Math.cos(i), Math.sin(i)]);
    const targets = inputs.map(([x, y]) => (x > 0.5 ? 0 : y > 0 ? 1 : 2));
    const network = model({ inputSize: 2, classes: 3, hidden: [16], norm: 'none' });
    await network.fit({ inputs, targets }, training);
    expect((await network.evaluate({ inputs, targets })).accuracy).toBeGreaterThan(0.9);
  });
});

describe('The scores of targets that are equal', () => {
  it.each([
    [
      [7, 7, 7],
      [0.1, 0.2, 0.3],
    ],
    [[7], [0.1]],
  ])('%j are 0, as in scikit-learn', async (targets, inputs) => {
    await setBackend('cpu');
    const network = model({ task: 'regression', norm: 'none' });
    await network.fit(wave, { epochs: 1 });
    expect((await network.evaluate({ inputs, targets })).r2).toBe(0);
  });
});

describe('A model that cannot be made', () => {
  it('leaves no tensor behind', async () => {
    await setBackend('cpu');
    const before = memory().numTensors;
    const broken = { hidden: [4, 4], periods: ['constant:2', 'uniform:5,2'], fourierFeatures: 'gaussian:3' };
    expect(() => new HarmonicMLP({ inputSize: 2, ...broken })).toThrow('longest');
    expect(memory().numTensors).toBe(before);
  });
});

it('null is no options, of a regression too', async () => {
  await setBackend('cpu');
  const network = model({ task: 'regression', norm: 'none' });
  const { history } = await network.fit({ inputs: [0, 1], targets: [0, 1] }, null as never);
  expect(history).toHaveLength(15);
});
