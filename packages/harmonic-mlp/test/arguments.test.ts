import '@tensorflow/tfjs-backend-cpu';
import { HarmonicError } from '@harmonic-mlp/core';
import { Adam, ReduceLROnPlateau } from '@harmonic-mlp/freq-optimizer';
import {
  memory,
  type NamedTensorMap,
  Optimizer,
  type Scalar,
  setBackend,
  tensor1d,
  tensor2d,
  tidy,
  type Variable,
} from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import {
  classification,
  createOptimizer,
  type EpochRecord,
  type FitOptions,
  HarmonicMLP,
  inspectModelFile,
} from '../src';
import { noisyPatterns } from './small-data';

const shape = { inputSize: 12, classes: 4, hidden: [10], seed: 2 };
const data = noisyPatterns({ size: 32 });

beforeAll(() => setBackend('cpu'));

/** The error of an action that must be refused by one of ours. */
async function errorOf(action: () => unknown): Promise<HarmonicError> {
  try {
    await action();
  } catch (error) {
    if (HarmonicError.is(error)) return error;
    throw error;
  }
  throw new Error('There was no error.');
}

/** Steps as SGD does, but tells no learning rate. */
class Rateless extends Optimizer {
  static readonly className = 'Rateless';
  readonly base = new Adam({ learningRate: 0.01 });
  override applyGradients(gradients: Parameters<Optimizer['applyGradients']>[0]) {
    this.base.applyGradients(gradients as never);
  }
  override computeGradients(
    f: () => Scalar,
    variables?: Variable[],
  ): { value: Scalar; grads: NamedTensorMap } {
    return this.base.computeGradients(f, variables);
  }
  override getConfig(): never {
    throw new Error('not told');
  }
  override dispose() {
    this.base.dispose();
  }
}

describe('fit', () => {
  const labels = () => tensor1d([0, 1], 'int32');
  it.each<[string, unknown, FitOptions | unknown, RegExp]>([
    [
      'a tensor',
      () => tensor2d([[1]]),
      undefined,
      /^The training data must be a data set, but is a tensor of shape \[1,1\]\. Make one with new LabeledDataset\(\{ inputs, labels, inputSize, classes \}\)/,
    ],
    ['two tensors', () => tensor2d([[1]]), labels, /^The training data must be a data set, but is a tensor/],
    ['nothing', undefined, undefined, /^The training data must be a data set, but is undefined\./],
    ['arrays', [[1]], [1], /^The training data must be a data set, but is an array\./],
    ['a promise of a data set', Promise.resolve(data), {}, /but is a promise, which must be awaited first/],
    [
      'a data set and labels',
      data,
      labels,
      /^options is a tensor of shape \[2\]; it must be an object, as in model\.fit\(train, \{ epochs: 3/,
    ],
    ['a number of epochs', data, 3, /^options is 3; it must be an object/],
    [
      'an optimizer by a name that none has',
      data,
      { optimizer: 'adem' },
      /^optimizer is "adem"; it must be one of "adam", "adamw", "sgd", "momentum"\. Did you mean "adam"/,
    ],
    [
      'a class of optimizer',
      data,
      { optimizer: Adam },
      /^optimizer is a function; it must be a tf\.Optimizer/,
    ],
    [
      'a schedule by a name that none has',
      data,
      { schedule: 'plato' },
      /^schedule is "plato"; it must be one of "plateau", "constant"/,
    ],
    [
      'half a schedule',
      data,
      { schedule: { step() {} } },
      /^schedule is an object without getState, setState;/,
    ],
    [
      'a fraction as validation',
      data,
      { validation: 0.2 },
      /^The validation data must be a data set, but is 0\.2\./,
    ],
    [
      'tensors as validation',
      data,
      { validation: [1, 2] },
      /^The validation data must be a data set, but is an array\./,
    ],
    [
      'a controller as signal',
      data,
      { signal: new AbortController() },
      /^signal is an AbortController; it must be an AbortSignal, such as controller\.signal of an AbortController/,
    ],
    ['what is no handler', data, { onEpoch: 'log' }, /^onEpoch is "log"; it must be a function/],
    ['what is no handler of steps', data, { onStep: {} }, /^onStep is an object; it must be a function/],
    ['what is no answer', data, { dropLast: 1 }, /^dropLast is 1; it must be true or false/],
    [
      'a path to resume',
      data,
      { resume: 'last.safetensors' },
      /must be given as a Uint8Array or an ArrayBuffer, but is "last\.safetensors"/,
    ],
    ['a size that is none', { ...data, size: 2.5 }, {}, /^The data set has size 2\.5/],
    [
      'classes that are none',
      { ...data, classes: undefined },
      {},
      /^The data set has no number of classes, which the task classification needs/,
    ],
  ])('refuses %s before anything starts', async (_, given, options, message) => {
    const model = new HarmonicMLP(shape);
    const made = [given, options].map((value) => (typeof value === 'function' ? value() : value));
    const before = memory().numTensors;
    const error = await errorOf(() => model.fit(made[0] as never, made[1] as never));
    expect(error.message).toMatch(message);
    expect(['INVALID_ARGUMENT', 'INVALID_SHAPE']).toContain(error.code);
    expect(memory().numTensors).toBe(before);
    model.dispose();
    for (const value of made) (value as { dispose?: () => void })?.dispose?.();
  });

  it.each<[object, string]>([
    [{ epochs: 0 }, 'epochs'],
    [{ epochs: 1.5 }, 'epochs'],
    [{ steps: 0 }, 'steps'],
    [{ steps: 1.5 }, 'steps'],
    [{ batchSize: 0 }, 'batchSize'],
    [{ readEvery: 1.5 }, 'readEvery'],
    [{ threads: 0 }, 'threads'],
    [{ threads: 1.5 }, 'threads'],
    [{ threads: 'many' as never }, 'threads'],
    [{ threads: '2' as never }, 'threads'],
    [{ evaluateEvery: 0, validation: data }, 'evaluateEvery'],
    [{ evaluateEvery: 1.5, validation: data }, 'evaluateEvery'],
    [{ evaluateEvery: 2 }, 'evaluateEvery'],
    [{ seed: 0.5 }, 'seed'],
    [{ learningRate: -1 }, 'learningRate'],
    [{ dropLast: 1 }, 'dropLast'],
    [{ optimizer: [] }, 'optimizer'],
    [{ schedule: 5 }, 'schedule'],
    [{ validation: {} }, 'The validation data'],
    [{ validation: { ...data, inputSize: 5 } }, 'The validation data.inputSize'],
    [{ validation: { ...data, classes: 5 } }, 'The validation data.classes'],
    [{ task: { loss() {} } }, 'task'],
    [{ task: { ...classification, requireData: undefined } }, 'task'],
    [{ task: { ...classification, name: '' } }, 'task.name'],
    [{ task: { ...classification, metrics: undefined } }, 'task.metrics'],
    [{ task: { metrics: [] } }, 'task'],
    [{ metrics: {} }, 'metrics'],
    [{ metrics: [{ name: 'a', sum() {} }, null] }, 'metrics[1]'],
    [{ callbacks: {} }, 'callbacks'],
    [{ signal: { aborted: false } }, 'signal'],
    ...['onStart', 'onStep', 'onMetrics', 'onEvaluate', 'onEpoch', 'onAbort', 'onEnd', 'onepoch'].map(
      (name) => [{ [name]: 5 }, name] as [object, string],
    ),
  ])('refuses %j by its name', async (options, argument) => {
    const model = new HarmonicMLP(shape);
    expect(await errorOf(() => model.fit(data, options))).toMatchObject({ argument });
    model.dispose();
  });

  it.each([
    [{ inputSize: 5 }, 'The training data.inputSize'],
    [{ classes: 5 }, 'The training data.classes'],
    [{ batches: 5 }, 'The training data'],
  ])('refuses data with %j by their name', async (change, argument) => {
    const model = new HarmonicMLP(shape);
    expect(await errorOf(() => model.fit({ ...data, ...change } as never))).toMatchObject({ argument });
    model.dispose();
  });

  it('takes null for a handler, and for the options that have a default', async () => {
    const model = new HarmonicMLP(shape);
    const options = {
      epochs: 1,
      onStep: null,
      optimizer: null,
      validation: null,
      signal: null,
      resume: null,
    };
    await model.fit(data, options as never);
    model.dispose();
  });

  it('needs no learning rate where it is constant, and records none', async () => {
    const model = new HarmonicMLP(shape);
    const optimizer = new Rateless();
    const records: EpochRecord[] = [];
    const { history, optimizer: told } = await model.fit(data, {
      epochs: 2,
      optimizer,
      schedule: null,
      onEpoch: (record) => void records.push(record),
    });
    expect(history.map(({ learningRate }) => learningRate)).toEqual([undefined, undefined]);
    expect(records[1].trainLoss).toBeLessThan(records[0].trainLoss);
    expect(told.className).toBe('Rateless');
    optimizer.dispose();
    model.dispose();
  });

  it.each([undefined, 'own'])(
    'asks for one before the first step where there is a schedule: %s',
    async (which) => {
      const model = new HarmonicMLP(shape);
      class Fixed extends Rateless {
        get learningRate() {
          return 0.01;
        }
      }
      const own = { step() {}, getState: () => ({}), setState() {} };
      const before = memory().numTensors;
      for (const [optimizer, message] of [
        [new Rateless(), /Rateless has no numeric learningRate to read/],
        [new Fixed(), /learningRate of Rateless can be read but not set/],
      ] as const) {
        const onStart = vi.fn();
        const error = await errorOf(() =>
          model.fit(data, { optimizer, onStart, ...(which && { schedule: own }) }),
        );
        expect(error).toMatchObject({ code: 'UNSUPPORTED', argument: 'optimizer', value: optimizer });
        if (which !== undefined) expect(error.cause).toBeInstanceOf(HarmonicError);
        expect(error.message).toMatch(message);
        expect(onStart).not.toHaveBeenCalled();
      }
      expect(memory().numTensors).toBe(before);
      model.dispose();
    },
  );

  it('asks for one where there is a learning rate', async () => {
    const model = new HarmonicMLP(shape);
    const optimizer = new Rateless();
    const options = { optimizer, schedule: null, epochs: 1 };
    const error = await errorOf(() => model.fit(data, { ...options, learningRate: 0.1 }));
    expect(error.code).toBe('UNSUPPORTED');
    expect(error.message).toBe(
      'Rateless has no numeric learningRate to read. To change the rate, pass another optimizer; otherwise, leave out learningRate and pass schedule: null.',
    );
    await model.fit(data, options);
    optimizer.dispose();
    model.dispose();
  });

  it.each([5, [], 'adams'])('refuses %j as an optimizer', async (optimizer) => {
    const model = new HarmonicMLP(shape);
    const error = await errorOf(() => model.fit(data, { optimizer: optimizer as never, schedule: null }));
    expect(error).toMatchObject({ code: 'INVALID_ARGUMENT', argument: 'optimizer', value: optimizer });
    model.dispose();
  });

  it('refuses a schedule that changes the rate of another optimizer', async () => {
    const model = new HarmonicMLP(shape);
    const [optimizer, other] = [createOptimizer(model), createOptimizer(model)];
    const options = { epochs: 1, batchSize: 8 };
    const schedule = new ReduceLROnPlateau(other);
    for (const given of [{ schedule }, { schedule, optimizer }]) {
      const error = await errorOf(() => model.fit(data, { ...options, ...given }));
      expect(error.code).toBe('INVALID_ARGUMENT');
      expect(error.message).toMatch(
        /^schedule changes the rate of an optimizer other than the one that trains the model/,
      );
    }
    // A wrapper and its base have one rate.
    await model.fit(data, { ...options, optimizer, schedule: new ReduceLROnPlateau(optimizer.base) });
    await model.fit(data, {
      ...options,
      optimizer: optimizer.base,
      schedule: new ReduceLROnPlateau(optimizer),
    });
    optimizer.dispose();
    other.dispose();
    model.dispose();
  });

  it.each(['onStep', 'onMetrics'] as const)('waits for %s, and fails as it does', async (name) => {
    const model = new HarmonicMLP(shape);
    const error = new Error('from the handler');
    const run = model.fit(data, { epochs: 1, batchSize: 8, [name]: () => Promise.reject(error) });
    await expect(run).rejects.toBe(error);
    model.dispose();
  });

  it('does not hide a divergence by the rate that is missing', async () => {
    const model = new HarmonicMLP(shape);
    const optimizer = new Rateless();
    const spoil = () => tidy(() => model.output.bias.assign(tensor1d([Number.NaN, 0, 0, 0])));
    const error = await errorOf(() =>
      model.fit(data, { optimizer, schedule: null, batchSize: 8, onStep: spoil }),
    );
    expect(error.code).toBe('DIVERGED');
    expect(error.message).toMatch(
      /Lower the learning rate\. The state of this Rateless may not be finite; make a new one\.$/,
    );
    optimizer.dispose();
    model.dispose();
  });
});

describe('evaluate', () => {
  it.each<[unknown, unknown, RegExp]>([
    [
      () => tensor2d([[1]]),
      undefined,
      /^The data to evaluate must be a data set, but is a tensor of shape \[1,1\]/,
    ],
    [undefined, undefined, /^The data to evaluate must be a data set, but is undefined/],
    [data, 128, /^options is 128; it must be an object, as in model\.evaluate\(test/],
    [data, { signal: new AbortController() }, /^signal is an AbortController/],
  ])('refuses %s', async (given, options, message) => {
    const model = new HarmonicMLP(shape);
    const made = typeof given === 'function' ? given() : given;
    expect((await errorOf(() => model.evaluate(made, options as never))).message).toMatch(message);
    made?.dispose?.();
    model.dispose();
  });

  it('ends by a signal that knows no throwIfAborted, as jsdom’s', async () => {
    const model = new HarmonicMLP(shape);
    const signal = { aborted: true, addEventListener() {} } as unknown as AbortSignal;
    await expect(model.evaluate(data, { signal })).rejects.toMatchObject({ name: 'AbortError' });
    model.dispose();
  });
});

describe('The input of a model', () => {
  it.each<[unknown, RegExp]>([
    [undefined, /^The input is undefined; it must be a tensor/],
    [data, /^The input is an object; it must be a tensor/],
    [
      () => tensor1d(new Array(12).fill(0)),
      /^The input has shape \[12\], but this model takes \[batch, 12\]\. Make a batch of one of it: tf\.reshape\(x, \[1, 12\]\)/,
    ],
    [() => tensor1d([1]), /^The input has shape \[1\], but this model takes \[batch, 12\]\.$/],
    [() => tensor2d([new Array(12).fill('a')]), /^The input is a tensor of string; it must be of float32/],
  ])('is refused where it is %s', async (given, message) => {
    const model = new HarmonicMLP(shape);
    const made = typeof given === 'function' ? given() : given;
    const before = memory().numTensors;
    for (const use of ['predict', 'logits', 'trainingLogits'] as const) {
      expect((await errorOf(() => model[use](made as never, [0, 0]))).message).toMatch(message);
    }
    expect(memory().numTensors).toBe(before);
    made?.dispose?.();
    model.dispose();
  });

  it.each<[unknown, RegExp, RegExp]>([
    [
      [new Array(11).fill(0)],
      /^x has rows of 11 numbers, but the model takes 12/,
      /^The input is an array; it must be a tensor of shape \[batch, 12\], such as tf\.tensor2d\(values, \[batch, 12\]\)/,
    ],
    [
      new Float32Array(13),
      /^x has 13 values, which do not make rows of 12/,
      /^The input is a Float32Array; it must be a tensor/,
    ],
  ])('may be an array only for predictions, of rows that fit: %j', (given, ofPredict, ofLogits) => {
    const model = new HarmonicMLP(shape);
    const before = memory().numTensors;
    expect(() => model.predict(given as number[])).toThrow(ofPredict);
    expect(() => model.logits(given as never)).toThrow(ofLogits);
    expect(() => model.trainingLogits(given as never, [0, 0])).toThrow(ofLogits);
    expect(memory().numTensors).toBe(before);
    model.dispose();
  });

  it('is refused where it was disposed', async () => {
    const model = new HarmonicMLP(shape);
    const x = tensor2d([new Array(12).fill(0)]);
    x.dispose();
    expect((await errorOf(() => model.predict(x))).message).toMatch(/a tensor that has been disposed/);
    model.dispose();
  });

  it('may be integers', () => {
    const model = new HarmonicMLP(shape);
    tidy(() => {
      const row = Array.from({ length: 12 }, (_, i) => i % 3);
      const floats = model.predict(tensor2d([row])).dataSync();
      expect(model.predict(tensor2d([row], [1, 12], 'int32')).dataSync()).toEqual(floats);
    });
    model.dispose();
  });
});

describe('A model that was disposed', () => {
  it('says so, whatever is asked of it, and may be disposed again', async () => {
    const before = memory().numTensors;
    const model = new HarmonicMLP(shape);
    expect(model.isDisposed).toBe(false);
    model.dispose();
    model.dispose();
    expect(model.isDisposed).toBe(true);
    const x = tensor2d([new Array(12).fill(0)]);
    for (const use of [
      () => model.predict(x),
      () => model.logits(x),
      () => model.trainingLogits(x, [0, 0]),
      () => model.fit(data),
      () => model.evaluate(data),
      () => model.toBytes(),
    ]) {
      expect(await errorOf(use)).toMatchObject({
        code: 'UNSUPPORTED',
        message: expect.stringMatching(/^This HarmonicMLP was disposed: its weights are gone\./),
      });
    }
    expect(model.summary()).toContain('harmonic');
    x.dispose();
    expect(memory().numTensors).toBe(before);
  });
});

describe('Files', () => {
  it('are read from an ArrayBuffer, too', async () => {
    const model = new HarmonicMLP(shape);
    const { buffer } = await model.toBytes();
    const again = HarmonicMLP.fromBytes(buffer);
    expect(again.config).toEqual(model.config);
    expect(inspectModelFile(buffer).config).toEqual(model.config);
    again.dispose();
    model.dispose();
  });

  it.each([['model.safetensors'], [undefined], [Promise.resolve()], [{}]])(
    'are refused as %s',
    async (file) => {
      for (const read of [HarmonicMLP.fromBytes, inspectModelFile]) {
        expect(await errorOf(() => read(file as never))).toMatchObject({
          code: 'INVALID_ARGUMENT',
          message: expect.stringMatching(
            /^The file must be given as a Uint8Array or an ArrayBuffer, but is /,
          ),
        });
      }
    },
  );

  it('take metadata that are texts alone, as their readers do', async () => {
    const model = new HarmonicMLP(shape);
    for (const [metadata, message] of [
      [{ epoch: 5 }, /^metadata\.epoch is 5; it must be a string/],
      ['note', /^metadata is "note"; it must be an object/],
    ] as const) {
      const error = await errorOf(() => model.toBytes(metadata as never));
      expect([error.code, error.message]).toEqual(['INVALID_ARGUMENT', expect.stringMatching(message)]);
    }
    model.dispose();
  });
});

it.each([5, 'small', null, [128]])('HarmonicMLP refuses %j as options', (options) => {
  expect(() => new HarmonicMLP(options as never)).toThrow(
    /^options is .*; it must be an object, as in new HarmonicMLP\(/,
  );
});

it.each<[unknown, unknown, RegExp]>([
  [undefined, {}, /^model is undefined; it must be a HarmonicMLP/],
  [{ learningRate: 1 }, undefined, /^model is an object; it must be a HarmonicMLP/],
  [{ harmonicLayers: [] }, 0.001, /^options is 0\.001; it must be an object, as in createOptimizer\(/],
])('createOptimizer refuses %j with %j', (model, options, message) => {
  expect(() => createOptimizer(model as never, options as never)).toThrow(
    expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringMatching(message) }),
  );
});

it('createOptimizer takes all that Adam and the frequency-aware optimizer take', () => {
  const model = new HarmonicMLP(shape);
  const adam = {
    learningRate: 0.1,
    beta1: 0.5,
    beta2: 0.6,
    epsilon: 1e-3,
    weightDecay: 0.2,
    weightDecayMode: 'decoupled',
  } as const;
  const optimizer = createOptimizer(model, { ...adam, freqScale: 'update', freqScaleFactor: 2 });
  expect(optimizer.getConfig()).toEqual({
    base: { className: 'HarmonicAdam', config: adam },
    freqScale: 'update',
    freqScaleFactor: 2,
  });
  optimizer.dispose();
  model.dispose();
});
