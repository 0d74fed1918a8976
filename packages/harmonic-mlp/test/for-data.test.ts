import { foldIn, randomKey } from '@harmonic-mlp/core';
import { periods as distributions, proposePeriods } from '@harmonic-mlp/harmonic-layer';
import '@tensorflow/tfjs-backend-cpu';
import { memory, setBackend, tensor, tensor1d, tensor2d } from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { describeOnEachBackend } from '../../../test/support/backends';
import { type ForDataOptions, HarmonicMLP, type HarmonicMLPOptions } from '../src';
import { checkerboard, makeData, spirals, waves } from '../src/made-data';
import { noisyPatterns } from './small-data';

const made: { dispose(): void }[] = [];
const own = <T extends { dispose(): void }>(thing: T): T => {
  made.push(thing);
  return thing;
};
beforeAll(() => setBackend('cpu'));
afterEach(() => {
  for (const each of made.splice(0)) each.dispose();
});

const regressionOf = async (data: Parameters<typeof HarmonicMLP.forData>[0], options?: ForDataOptions) =>
  own(await HarmonicMLP.forData(data, { task: 'regression', hidden: [64], seed: 1, ...options }));
const training = { batchSize: 32, learningRate: 0.005, schedule: 'cosine' } as const;

describeOnEachBackend('A model for data', () => {
  it('learns waves that the defaults do not', { tags: 'long' }, async () => {
    const data = makeData(waves, { examples: 256, seed: 1 });
    const test = makeData(waves, { examples: 256, seed: 1, part: 'test' });
    const model = await regressionOf(data);
    await model.fit(data, { ...training, epochs: 60 });
    expect((await model.evaluate(test)).r2).toBeGreaterThan(0.999);

    const usual = own(
      new HarmonicMLP({ task: 'regression', inputSize: 1, hidden: [64], norm: 'none', dropout: 0, seed: 1 }),
    );
    await usual.fit(data, { ...training, epochs: 60, onWarning() {} });
    expect((await usual.evaluate(test)).r2).toBeLessThan(0.5);
  });
});

describe('HarmonicMLP.forData', () => {
  it('keeps the scaling and the periods with the model', async () => {
    const data = makeData(waves, { examples: 100 }) as { inputs: Float32Array; targets: Float32Array };
    // Hours since 1970, as in files of measurements.
    const inputs = Array.from(data.inputs, (x) => 490_000 + 24 * x);
    const model = await regressionOf({ ...data, inputs });
    await model.fit({ ...data, inputs }, { ...training, epochs: 120 });
    const again = own(HarmonicMLP.fromBytes(await model.toBytes()));
    expect(again.config).toEqual(model.config);
    expect(again.config).toMatchObject({ standardizeInputs: true, norm: 'none', dropout: 0 });
    const [x] = [inputs.slice(0, 9).map((each) => [each])];
    const [expected, predicted] = [own(model.predict(x)), own(again.predict(x))];
    expect(await predicted.data()).toEqual(await expected.data());
    expect((await again.evaluate({ ...data, inputs })).r2).toBeGreaterThan(0.9);
    expect((await again.inputUnits!.deviation.data())[0]).toBeCloseTo(24 * 0.577, 0);
  });

  it('gives the first layer the proposed periods, and the later ones their own', async () => {
    const data = makeData(waves, { examples: 200 });
    const { config } = await regressionOf(data, { hidden: [48, 32, 16] });
    expect(config.periods).toEqual([expect.stringMatching(/^harmonic:/), 'constant:2', 'constant:2']);
    const fine = await regressionOf(data, { detail: 0.01 });
    const first = (text: string) => Number(text.match(/:([^,]+)/)![1]);
    expect(first(fine.config.periods![0])).toBeLessThan(first(config.periods![0]));
    const another = await regressionOf(data, { hidden: [48, 32, 16], seed: 2 });
    expect(first(another.config.periods![0])).toBeGreaterThan(0);
  });

  it('takes the sampling rate of Nyquist-spaced periods from the data', async () => {
    const rateOf = async (data: Parameters<typeof HarmonicMLP.forData>[0], options?: ForDataOptions) => {
      const { config } = await regressionOf(data, { periods: 'nyquist', ...options });
      return Number(config.periods![0].match(/^nyquist:([\d.]+)$/)![1]);
    };
    // 50 examples a unit; a deviation is √(1/3) of the inputs' largest.
    const line = Array.from({ length: 400 }, (_, i) => (i + 0.5) / 50 - 4);
    const data = { inputs: line, targets: line.map(Math.sin) };
    expect((await rateOf(data)) / (50 * 4 * Math.sqrt(1 / 3))).toBeCloseTo(1, 4);
    expect((await rateOf(data, { standardizeInputs: false })) / 50).toBeCloseTo(1, 4);
    // More than are measured.
    const long = Array.from({ length: 20_000 }, (_, i) => i / 20_000);
    const ofLong = await rateOf({ inputs: long, targets: long }, { standardizeInputs: false });
    expect(ofLong / 20_000).toBeCloseTo(1, 1);
    // The column of 0.2 has the higher rate; one that does not vary has none.
    const grid = Array.from({ length: 900 }, (_, i) => [Math.floor(i / 30) / 150, (i % 30) / 30, 7]);
    const flat = { inputs: grid, targets: grid.map(([, x]) => x) };
    const ofGrid = await rateOf(flat, { standardizeInputs: false });
    expect(ofGrid / (900 ** (1 / 3) * 5)).toBeCloseTo(1, 2);
    expect(await rateOf(flat)).toBeCloseTo(900 ** (1 / 3) / Math.sqrt(12), 4);
    const same = { inputs: [3, 3, 3], targets: [1, 2, 3] };
    expect(await rateOf(same, { standardizeInputs: false })).toBeCloseTo(3 / Math.sqrt(12), 4);
  });

  it('has Nyquist-spaced periods in the first layer only, unless another has its own', async () => {
    const data = makeData(waves, { examples: 40 });
    const rate = Number((40 / Math.sqrt(12)).toPrecision(6));
    const periodsOf = async (options: ForDataOptions) => (await regressionOf(data, options)).config.periods;
    const hidden = [8, 4];
    expect(await periodsOf({ hidden, periods: 'nyquist' })).toEqual([`nyquist:${rate}`, 'constant:2']);
    for (const periods of ['nyquist/linear:1,2', ['nyquist', 'linear:1,2']])
      expect(await periodsOf({ hidden, periods })).toEqual([`nyquist:${rate}`, 'linear:1,2']);
    expect(await periodsOf({ periods: 'nyquist:7' })).toEqual(['nyquist:7']);
    // What the first layer sees is not the data.
    expect(await periodsOf({ periods: 'nyquist', fourierFeatures: 'positional:2' })).toEqual(['nyquist:128']);
    expect(await periodsOf({ periods: 'nyquist', activation: 'relu' })).toEqual(['nyquist:128']);
  });

  it.each<[string, ForDataOptions, Partial<HarmonicMLPOptions>]>([
    ['periods', { periods: 'constant:3' }, { periods: ['constant:3'] }],
    ['capped periods', { baseFreq: 0.5 }, { baseFreq: [0.5], maxFreq: [5] }],
    ['units of its own', { standardizeInputs: false }, {}],
    ['a norm and dropout', { norm: 'after', dropout: 0.1 }, { dropout: 0.1 }],
    ['an activation without periods', { activation: 'relu' }, { activation: 'relu' }],
    ['no hidden layers', { hidden: [] }, { hidden: [] }],
  ])('lets options win: %s', async (_, options, expected) => {
    const { config, inputUnits } = await regressionOf(makeData(waves, { examples: 40 }), options);
    expect(config).toMatchObject(expected);
    if (options.periods || options.baseFreq) expect(config.periods).toEqual(expected.periods);
    if (options.norm) expect(config.norm).toBeUndefined();
    expect(inputUnits === undefined).toBe(options.standardizeInputs === false);
  });

  it('takes options that are missing for not given', async () => {
    const data = makeData(waves, { examples: 40 });
    const missing = { inputSize: undefined, outputs: undefined, dropout: undefined, norm: undefined };
    const others = { standardizeInputs: undefined, periods: undefined, detail: undefined } as const;
    expect((await regressionOf(data, { ...missing, ...others })).config).toEqual(
      (await regressionOf(data)).config,
    );
  });

  it('proposes what proposePeriods does, with the units and inputs of the first layer and by the seed', async () => {
    // So little says so little that the random units decide.
    const { inputs, targets } = makeData(waves, { examples: 8, noise: 1 });
    const data = { inputs: Array.from(inputs as Float32Array, (x) => 100 * x), targets };
    const found = new Set<string>();
    for (let seed = 0; seed < 6; seed++) {
      for (const standardize of [true, false]) {
        const options = { hidden: [20, 8], seed, standardizeInputs: standardize };
        const key = foldIn(randomKey(seed), 'proposal');
        const { periods } = await proposePeriods(data, { units: 20, standardize, seed: key });
        expect((await regressionOf(data, options)).config.periods).toEqual([periods, 'constant:2']);
        found.add(periods);
      }
    }
    expect(found.size).toBeGreaterThan(4);
  });

  it('measures on up to 1,024 examples of a data set, in an order by the seed', async () => {
    const source = noisyPatterns({ size: 40 });
    const batches = vi.spyOn(source, 'batches');
    own(await HarmonicMLP.forData(source, { hidden: [8], seed: 3 }));
    const shuffle = foldIn(foldIn(randomKey(3), 'proposal'), 'sample');
    expect(batches.mock.calls[0]).toEqual([{ batchSize: 1024, shuffle }]);
    await expect(HarmonicMLP.forData({ ...source, *batches() {} }, { hidden: [8] })).rejects.toMatchObject({
      code: 'INVALID_DATA',
      argument: 'data',
    });
  });

  it('takes the shape of the model from the data, or from options', async () => {
    const shapeOf = async (data: object, options: ForDataOptions = {}) => {
      const model = own(await HarmonicMLP.forData(data as never, { hidden: [], ...options }));
      const { inputSize, classes, outputs } = model.config;
      return [inputSize, classes ?? outputs];
    };
    const regression = { task: 'regression' } as const;
    // One after the other in a typed array or a vector, as many for each example.
    const six = Float32Array.of(1, 2, 3, 4, 5, 7);
    expect(await shapeOf({ inputs: six, targets: [1, 2] }, regression)).toEqual([3, 1]);
    expect(await shapeOf({ inputs: own(tensor1d(six)), targets: [1, 2, 3] }, regression)).toEqual([2, 1]);
    const two = { ...regression, outputs: 2 };
    expect(await shapeOf({ inputs: six, targets: [5, 6, 7, 8] }, two)).toEqual([3, 2]);
    expect(await shapeOf({ inputs: [1, 2, 3, 4], targets: [5, 6, 7, 8] }, { ...two, inputSize: 2 })).toEqual([
      2, 2,
    ]);
    // From the highest class, of two at least.
    expect(await shapeOf({ inputs: [1, 2, 3], targets: [0, 4, 1] })).toEqual([1, 5]);
    expect(await shapeOf({ inputs: [1, 2], targets: [0, 255] })).toEqual([1, 256]);
    expect(await shapeOf({ inputs: [1, 2], targets: [0, 0] })).toEqual([1, 2]);
    expect(await shapeOf({ inputs: [1, 2], targets: [0, 1] }, { classes: 7 })).toEqual([1, 7]);
    for (const label of [-1, 0.5, 256]) {
      await expect(shapeOf({ inputs: [1, 2], targets: [0, label] })).rejects.toMatchObject({
        code: 'INVALID_DATA',
        argument: 'targets[1]',
        value: label,
        fix: expect.stringContaining("Pass { task: 'regression' } if the targets are numbers"),
      });
    }
    await expect(shapeOf({ inputs: [], targets: [] })).rejects.toMatchObject({
      code: 'INVALID_SHAPE',
      argument: 'The data.size',
    });
    const { batches } = noisyPatterns({ size: 4 });
    const source = { size: 4, inputSize: 12, outputSize: 5, batches };
    expect(await shapeOf(source, regression)).toEqual([12, 5]);
    expect(await shapeOf({ ...source, outputSize: undefined }, { ...regression, outputs: 3 })).toEqual([
      12, 3,
    ]);
  });

  it('takes classes, rows of classes, several labels, tensors, and data sets', async () => {
    const { inputs, targets } = makeData(spirals, { examples: 60 });
    const classifier = own(await HarmonicMLP.forData({ inputs, targets }, { hidden: [8] }));
    expect(classifier.config).toMatchObject({ inputSize: 2, classes: 2, dropout: 0.2 });
    await classifier.fit({ inputs, targets }, { epochs: 1, batchSize: 16 });
    const rows = Array.from(targets as Float32Array, (label) => [1 - label, label, 0]);
    expect(own(await HarmonicMLP.forData({ inputs, targets: rows }, { hidden: [8] })).config.classes).toBe(3);
    const several = own(
      await HarmonicMLP.forData({ inputs, targets: rows }, { task: 'multi-label', hidden: [8] }),
    );
    expect(several.config.outputs).toBe(3);
    const tensors = {
      inputs: own(
        tensor2d([
          [0, 1],
          [2, 3],
          [4, 6],
        ]),
      ),
      targets: own(tensor1d([1, 2, 4])),
    };
    expect((await regressionOf(tensors)).config).toMatchObject({ inputSize: 2, outputs: 1 });
    const patterns = noisyPatterns({ size: 40 });
    const { config } = own(await HarmonicMLP.forData(patterns, { hidden: [8] }));
    expect(config).toMatchObject({ inputSize: patterns.inputSize, classes: patterns.classes });
    expect(config.periods).toHaveLength(1);
  });

  it('leaks nothing, with or without an error', async () => {
    const data = makeData(checkerboard, { examples: 50 });
    const before = memory().numTensors;
    (await HarmonicMLP.forData(data, { hidden: [8] })).dispose();
    await expect(HarmonicMLP.forData(data, { hidden: [8], dropout: 2 })).rejects.toThrow('dropout');
    const broken = {
      ...noisyPatterns({ size: 12 }),
      *batches() {
        yield { inputs: tensor([[1]]), size: 1 };
      },
    };
    await expect(HarmonicMLP.forData(broken as never, { hidden: [8] })).rejects.toMatchObject({
      code: 'INVALID_DATA',
    });
    expect(memory().numTensors).toBe(before);
  });

  it.each([
    [
      { inputs: [[1], [2]], targets: [0.5, 1] },
      {},
      "which is not a class, an integer from 0 to 255. Pass { task: 'regression' }",
    ],
    [{ inputs: [[1], [2]], targets: [1, 346] }, {}, 'The target of example 1 is 346'],
    [{ inputs: [[1], [2]], targets: [1] }, { task: 'regression' }, 'There are 2 inputs, but 1 targets'],
    [{ inputs: [[1], [2, 3]], targets: [1, 2] }, { task: 'regression' }, 'inputs[1] has 2 values'],
    [
      { inputs: [[1], [Number.NaN]], targets: [1, 2] },
      { task: 'regression' },
      'the feature of example 1 is NaN',
    ],
    [{ inputs: [[1], [2]], targets: [1, 2] }, { task: 'regression', detail: -1 }, 'detail is -1; it must be'],
    [
      { inputs: [[1], [2]], targets: [1, 2] },
      { task: 'regression', detail: 1, activation: 'relu' },
      'detail is 1; it must be left out',
    ],
    [
      { inputs: [[1], [2]], targets: [1, 2] },
      { task: 'regression', detail: 1, hidden: [] },
      'detail is 1; it must be left out',
    ],
    [{ inputs: [[1], [2]], targets: [0, 1] }, 5, 'options is 5'],
    [{ inputs: [[1], [2]], targets: [0, 1] }, { outputs: 3 }, 'Leave outputs out'],
    [{ inputs: [[1], [2]], targets: '01' }, {}, 'targets is "01"; it must be a tensor, an array'],
    [{ inputs: [[1], [2]], targets: [1, 2] }, { task: 'regression', hiden: [3] }, 'hidden'],
    [undefined, {}, 'The data must be a data set, but is undefined'],
    [{ inputs: [], targets: [] }, { task: 'regression' }, 'it must have at least one example'],
    [
      {
        inputs: [[1], [2]],
        targets: [
          [0, 0, 1],
          [1, 1, 0],
        ],
      },
      {},
      'The target of example 1 is [1,1,0]; it must have one 1, for its class, and zeros. With several labels',
    ],
    [{ inputs: [1, 2, 3, 4], targets: [1, 2] }, { task: 'regression' }, 'There are 4 inputs, but 2 targets'],
    [
      { inputs: Float32Array.of(1, 2, 3, 4, 5), targets: [1, 2] },
      { task: 'regression' },
      'There are 5 inputs, but 2 targets',
    ],
    [{ inputs: [1, 2], targets: [1, 2], weight: [1, 2] }, { task: 'regression' }, 'Did you mean weights?'],
    [{ inputs: [1, 2], targets: [1, 2], weights: [0, 0] }, { task: 'regression' }, 'not all 0'],
    [
      {
        inputs: [[1], [2]],
        targets: [
          [0, 1],
          [1, -3],
        ],
      },
      { task: 'multi-label' },
      'target 1 of example 1 is -3; it must be a number from 0 to 1',
    ],
    [
      {
        inputs: Array.from({ length: 20 }, (_, i) => [i, 1.7e12 + 1000 * i]),
        targets: new Array(20).fill(1),
      },
      { task: 'regression' },
      'Column 1 of inputs varies only from 1700000000000 to 1700000019000, which 32-bit floats can hardly tell apart. Subtract an offset first',
    ],
  ])('refuses %j with %j', async (data, options, message) => {
    await expect(HarmonicMLP.forData(data as never, options as never)).rejects.toThrow(message);
  });
});

describe('standardizeInputs', () => {
  it('measures the inputs of the first run, and keeps what it measured', async () => {
    const model = own(
      new HarmonicMLP({
        task: 'regression',
        inputSize: 2,
        hidden: [4],
        standardizeInputs: true,
        norm: 'none',
      }),
    );
    const inputs = [
      [1, 7],
      [3, 7],
      [5, 7],
      [7, 7],
    ];
    await model.fit({ inputs, targets: [1, 2, 3, 4] }, { epochs: 1, batchSize: 2 });
    const { mean, deviation, count } = model.inputUnits!;
    expect([...(await mean.data())]).toEqual([4, 7]);
    expect((await deviation.data())[0]).toBeCloseTo(Math.sqrt(5), 6);
    expect((await deviation.data())[1]).toBe(1);
    expect((await count.data())[0]).toBe(4);
    await model.fit(
      {
        inputs: [
          [100, 100],
          [0, 0],
        ],
        targets: [1, 2],
      },
      { epochs: 1 },
    );
    expect([...(await mean.data())]).toEqual([4, 7]);
    // In its own units, an input is what its standardized value is to a model without.
    const plain = own(new HarmonicMLP({ ...model.config, standardizeInputs: false }));
    for (const [path, variable] of Object.entries(plain.variables)) variable.assign(model.variables[path]);
    const [given, standardized] = [
      own(model.predict([[6, 9]])),
      own(plain.predict([[(6 - 4) / Math.sqrt(5), 2]])),
    ];
    expect((await given.data())[0]).toBeCloseTo((await standardized.data())[0], 5);
  });

  it('names an input that is not finite before anything is trained', async () => {
    const model = own(new HarmonicMLP({ inputSize: 1, classes: 2, hidden: [4], standardizeInputs: true }));
    const source = {
      size: 2,
      inputSize: 1,
      classes: 2,
      *batches() {
        yield { inputs: tensor2d([[1], [Number.NaN]]), labels: tensor1d([0, 1], 'int32'), size: 2 };
      },
    };
    await expect(model.fit(source, { epochs: 1 })).rejects.toMatchObject({
      code: 'INVALID_DATA',
      argument: 'inputs',
    });
  });
});

describe('The warning about periods', () => {
  const warningsOf = async (options: HarmonicMLPOptions, batchSize = 32) => {
    const model = own(
      new HarmonicMLP({
        task: 'regression',
        inputSize: 1,
        hidden: [16, 16],
        norm: 'none',
        dropout: 0,
        ...options,
      }),
    );
    const onWarning = vi.fn();
    await model.fit(makeData(waves, { examples: 64 }), { epochs: 1, batchSize, onWarning });
    return onWarning.mock.calls.map(([{ kind, layer }]) => [kind, layer]);
  };

  it('names each layer whose units see too little or too much of a wave', async () => {
    expect(await warningsOf({ periods: 'constant:1' })).toEqual([]);
    // What hardly varies is hardly a wave in the next layer either.
    expect(await warningsOf({ periods: 'constant:100/constant:1' })).toEqual([
      ['long-periods', 'hidden.0'],
      ['long-periods', 'hidden.1'],
    ]);
    expect(await warningsOf({ periods: 'constant:100/constant:0.02' })).toEqual([
      ['long-periods', 'hidden.0'],
    ]);
    expect(await warningsOf({ periods: 'constant:1/constant:100' })).toEqual([['long-periods', 'hidden.1']]);
    expect(await warningsOf({ periods: 'constant:1e-4/constant:1' })).toEqual([
      ['short-periods', 'hidden.0'],
    ]);
    expect(await warningsOf({ periods: 'learnable:100/constant:0.02' })).toEqual([
      ['long-periods', 'hidden.0'],
    ]);
    // Normalized arguments span about four.
    expect(await warningsOf({ periods: 'constant:4', norm: 'before' })).toEqual([]);
    expect(await warningsOf({ periods: 'constant:40', norm: 'before' })).toHaveLength(2);
    expect(
      await warningsOf({ activation: 'harmonic-relu', periods: 'constant:100/constant:0.02' }),
    ).toHaveLength(1);
  });

  it('says of inputs that do not vary that they do not', async () => {
    const model = own(new HarmonicMLP({ task: 'regression', inputSize: 1, hidden: [4], norm: 'none' }));
    const onWarning = vi.fn();
    await model.fit(
      { inputs: new Array(16).fill(3), targets: new Array(16).fill(1) },
      { epochs: 1, onWarning },
    );
    expect(onWarning.mock.calls).toMatchObject([[{ kind: 'constant-inputs', layer: 'hidden.0', waves: 0 }]]);
  });

  it('needs periods, and enough examples to tell', async () => {
    expect(await warningsOf({ activation: 'relu' })).toEqual([]);
    expect(await warningsOf({ periods: 'constant:100' }, 7)).toEqual([]);
  });

  it('says how many waves there are, and what to do', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    try {
      const model = own(new HarmonicMLP({ task: 'regression', inputSize: 1, hidden: [16], norm: 'none' }));
      const data = makeData(waves, { examples: 64 });
      await model.fit(data, { epochs: 2, batchSize: 16 });
      expect(warn.mock.calls).toEqual([
        [
          expect.stringMatching(
            /^The periods of hidden\.0 are long for its inputs: half of its units see less than 0\.\d+ of a wave in the first batch, and are nearly linear\. Use shorter periods, such as those that HarmonicMLP\.forData proposes, or scale the inputs\.$/,
          ),
        ],
      ]);
      // A handler hears it instead.
      const callback = { name: 'ears', onWarning: vi.fn() };
      await model.fit(data, { epochs: 1, batchSize: 16, callbacks: [callback] });
      expect(callback.onWarning).toHaveBeenCalledTimes(1);
      expect(warn).toHaveBeenCalledTimes(1);
    } finally {
      warn.mockRestore();
    }
  });

  it('does not change the run, and is not repeated when it is resumed', async () => {
    const data = makeData(waves, { examples: 64 });
    const options = {
      task: 'regression',
      inputSize: 1,
      hidden: [8],
      periods: 'constant:20',
      seed: 3,
    } as const;
    const onWarning = vi.fn();
    let file: Uint8Array | undefined;
    const watched = own(new HarmonicMLP(options));
    await watched.fit(data, {
      epochs: 1,
      onWarning,
      onEpoch: async ({ checkpoint }) => {
        file = await checkpoint();
      },
    });
    const blind = own(new HarmonicMLP(options));
    Object.assign(blind, { findConcerns: undefined });
    await blind.fit(data, { epochs: 1 });
    for (const [path, variable] of Object.entries(watched.variables))
      expect(await blind.variables[path].data(), path).toEqual(await variable.data());
    // Not even from before its first step.
    let first: Uint8Array | undefined;
    const saving = {
      name: 'saving',
      async beforeStep(_: object, run: { checkpoint(): Promise<Uint8Array> }) {
        first ??= await run.checkpoint();
      },
    };
    await own(new HarmonicMLP(options)).fit(data, { epochs: 1, onWarning() {}, callbacks: [saving] });
    await own(HarmonicMLP.fromBytes(first!)).fit(data, { epochs: 1, resume: first, onWarning });
    await own(HarmonicMLP.fromBytes(file!)).fit(data, { epochs: 2, resume: file, onWarning });
    expect(onWarning).toHaveBeenCalledTimes(1);
  });

  it('is not for the published network', async () => {
    const model = own(new HarmonicMLP({ inputSize: 784, hidden: [64, 32] }));
    const { inputs } = noisyPatterns({ size: 64 });
    const width = inputs.length / 64;
    const x = own(
      tensor2d(
        Array.from({ length: 64 }, (_, row) =>
          Array.from({ length: 784 }, (_, i) => inputs[row * width + (i % width)]),
        ),
      ),
    );
    expect(await model.findConcerns(x)).toEqual([]);
    expect(Object.keys(distributions)).toContain('capped');
  });
});

describe('maxNorm', () => {
  it('shortens the incoming weights of hidden units that are longer, after each step', async () => {
    const model = own(
      new HarmonicMLP({
        task: 'regression',
        inputSize: 2,
        hidden: [6],
        norm: 'none',
        dropout: 0,
        maxNorm: 0.4,
      }),
    );
    const data = {
      inputs: [
        [1, 2],
        [3, 4],
        [-2, 1],
        [0, 3],
      ],
      targets: [5, -3, 2, 8],
    };
    const normsOf = async () => {
      const kernel = await model.hidden[0].layer.kernel.data();
      return Array.from({ length: 6 }, (_, unit) => Math.hypot(kernel[unit], kernel[6 + unit]));
    };
    const before = await normsOf();
    expect(Math.max(...before)).toBeGreaterThan(0.4);
    const free = own(new HarmonicMLP({ ...model.config, maxNorm: undefined }));
    await free.fit(data, { epochs: 1, learningRate: 0.01, onWarning() {} });
    await model.fit(data, { epochs: 1, learningRate: 0.01, onWarning() {} });
    const after = await normsOf();
    expect(Math.max(...after)).toBeLessThanOrEqual(0.4 * (1 + 1e-6));
    // Others are where the step left them, and longer ones point to the same place.
    const unlimited = await free.hidden[0].layer.kernel.data();
    const limited = await model.hidden[0].layer.kernel.data();
    for (let unit = 0; unit < 6; unit++) {
      const norm = Math.hypot(unlimited[unit], unlimited[6 + unit]);
      const factor = Math.min(1, 0.4 / norm);
      expect(limited[unit]).toBeCloseTo(factor * unlimited[unit], 5);
      expect(limited[6 + unit]).toBeCloseTo(factor * unlimited[6 + unit], 5);
    }
    expect(after.some((norm) => norm < 0.39)).toBe(true);
  });

  it('leaves units without weights, and leaks nothing', async () => {
    const model = own(new HarmonicMLP({ inputSize: 2, hidden: [3], maxNorm: 1 }));
    model.hidden[0].layer.kernel.assign(
      own(
        tensor2d([
          [0, 3, 0],
          [0, 4, 0.5],
        ]),
      ),
    );
    const before = memory().numTensors;
    model.constrain();
    expect(memory().numTensors).toBe(before);
    const kernel = [...(await model.hidden[0].layer.kernel.data())];
    expect(kernel[0]).toBe(0);
    expect(kernel[1]).toBeCloseTo(0.6, 6);
    expect(kernel[4]).toBeCloseTo(0.8, 6);
    expect(kernel[5]).toBe(0.5);
  });
});

describe('fourierFeatures', () => {
  const options = {
    task: 'regression',
    inputSize: 1,
    hidden: [32],
    activation: 'relu',
    norm: 'none',
    dropout: 0,
  } as const;

  it('let a ReLU network learn waves, are saved with the model, and are listed in its summary', async () => {
    const data = makeData(waves, { examples: 200 });
    const plain = own(new HarmonicMLP(options));
    const model = own(new HarmonicMLP({ ...options, fourierFeatures: 'gaussian:32,4' }));
    for (const each of [plain, model]) await each.fit(data, { ...training, epochs: 60 });
    expect((await plain.evaluate(data)).r2).toBeLessThan(0.7);
    expect((await model.evaluate(data)).r2).toBeGreaterThan(0.99);
    const again = own(HarmonicMLP.fromBytes(await model.toBytes()));
    expect(again.config.fourierFeatures).toBe('gaussian:32,4');
    expect(Object.keys(again.variables)).toContain('fourier/frequencies');
    expect(Object.keys(again.parameters)).not.toContain('fourier/frequencies');
    const [expected, predicted] = [own(model.predict([[0.3]])), own(again.predict([[0.3]]))];
    expect(await predicted.data()).toEqual(await expected.data());
    expect(model.summary()).toContain('Fourier features (gaussian:32,4)      64           0');
    expect(model.hidden[0].layer.kernel.shape).toEqual([64, 32]);
  });

  it('see standardized inputs, with noise in training', async () => {
    const both = { ...options, fourierFeatures: 'positional:3', standardizeInputs: true };
    const [calm, noisy] = [own(new HarmonicMLP(both)), own(new HarmonicMLP({ ...both, inputNoise: 0.5 }))];
    for (const { inputUnits } of [calm, noisy]) inputUnits!.deviation.assign(own(tensor1d([1000])));
    const x = own(tensor2d([[500], [-250]]));
    const withoutUnits = own(new HarmonicMLP({ ...both, standardizeInputs: false }));
    const scaled = own(tensor2d([[0.5], [-0.25]]));
    const [expected, given] = [own(withoutUnits.logits(scaled)), own(calm.logits(x))];
    expect(await given.data()).toEqual(await expected.data());
    const key = [1, 2] as const;
    const [still, moved] = [own(calm.trainingLogits(x, key)), own(noisy.trainingLogits(x, key))];
    expect(await still.data()).toEqual(await expected.data());
    expect(await moved.data()).not.toEqual(await expected.data());
  });

  it('leave periods to suit features, in a model for data', async () => {
    const { config } = await regressionOf(makeData(waves, { examples: 40 }), {
      fourierFeatures: 'gaussian:8',
    });
    expect(config).toMatchObject({ periods: ['constant:2'], fourierFeatures: 'gaussian:8,1' });
  });

  it('count toward the size of a model, and are refused with the nearest name', () => {
    expect(() => new HarmonicMLP({ ...options, fourierFeatures: 'gaussian:65536', hidden: [1024] })).toThrow(
      'parameters',
    );
    expect(() => new HarmonicMLP({ ...options, fourierFeatures: 'positonal' })).toThrow(
      'Did you mean "positional"?',
    );
  });
});
