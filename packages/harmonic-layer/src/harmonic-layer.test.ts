import { randomKey, softmaxCrossEntropy } from '@harmonic-mlp/core';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, it } from 'vitest';
import { expectAllClose } from '../../../test/support/allclose';
import { describeOnEachBackend } from '../../../test/support/backends';
import { type FixtureTensor, fromTensor, readFixture, toTensor } from '../../../test/support/fixtures';
import { HarmonicLayer, type HarmonicLayerOptions } from './harmonic-layer';

interface Fixture {
  cases: ({ name: string; inputs: number } & Required<
    Pick<HarmonicLayerOptions, 'units' | 'baseFreq' | 'maxFreq' | 'residual'>
  > &
    Record<'x' | 'kernel' | 'bias' | 'periods' | 'z' | 'y' | 'dy', FixtureTensor> & {
      gradients: Record<'x' | 'kernel' | 'bias', FixtureTensor>;
    })[];
}

const readAll = ({ kernel, bias }: HarmonicLayer) =>
  Promise.all([kernel, bias].map((weight) => weight && fromTensor(weight)));

describeOnEachBackend('HarmonicLayer', (_, { waves }) => {
  const made: { dispose(): void }[] = [];
  const kept = <T extends { dispose(): void }>(value: T): T => {
    made.push(value);
    return value;
  };
  const layer = (options: Partial<HarmonicLayerOptions> = {}) =>
    kept(new HarmonicLayer({ inputSize: 3, units: 4, seed: 1, ...options }));
  const zeros = (...shape: [number, number]) => kept(tf.zeros(shape) as tf.Tensor2D);

  afterEach(() => {
    for (const value of made.splice(0)) value.dispose();
  });

  describe('apply', () => {
    it.each(readFixture<Fixture>('harmonic-layer').cases)(
      'is PyTorch’s, with gradients: $name',
      async (fixture) => {
        const { inputs: inputSize, units, baseFreq, maxFreq, residual, gradients } = fixture;
        const tested = layer({ inputSize, units, baseFreq, maxFreq, residual });
        const given = <T extends tf.Tensor>(values: FixtureTensor) => kept(toTensor<T>(values));
        tested.kernel.assign(given(fixture.kernel));
        tested.bias?.assign(given(fixture.bias));
        const x = given<tf.Tensor2D>(fixture.x);
        const [dx, dKernel, dBias] = tf.grads((x) => tested.apply(x as tf.Tensor2D))(
          [x, tested.kernel, tested.bias as tf.Variable],
          given(fixture.dy),
        );
        expectAllClose(tested.periods, fixture.periods.data, { relative: 0 }, 'periods');
        for (const [label, actual, expected, tolerance] of [
          ['z', tested.preActivations(x), fixture.z, {}],
          ['y', tested.apply(x), fixture.y, waves?.results],
          ['y of z', tested.activate(given(fixture.z)), fixture.y, waves?.results],
          ['gradient by x', dx, gradients.x, waves?.gradients],
          ['gradient by kernel', dKernel, gradients.kernel, waves?.gradients],
          ['gradient by bias', dBias, gradients.bias, waves?.gradients],
        ] as const) {
          expectAllClose(await fromTensor(kept(actual)), expected, tolerance, label);
        }
      },
    );

    it('has a residual of 0.1 and periods 1 … 10 by default', async () => {
      const tested = layer({ inputSize: 1, units: 12, useBias: false });
      expect([...tested.periods]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 10, 10]);
      tested.kernel.assign(kept(tf.ones([1, 12])));
      const y = kept(tested.apply(kept(tf.tensor2d([[0.5]]))));
      const expected = [...tested.periods].map((p) => Math.sin(Math.PI / p) + 0.05);
      const tolerance = waves?.results ?? { absolute: 1e-6 };
      expectAllClose(await fromTensor(y), { shape: [1, 12], data: expected }, tolerance);
    });

    it('without a bias gives r·0 and sin 0 for inputs of 0', async () => {
      const tested = layer({ useBias: false });
      const x = zeros(2, 3);
      const y = kept(tested.apply(x));
      expect((await fromTensor(y)).data.map(Math.abs)).toEqual(Array(8).fill(0));
    });

    it('leaves one tensor behind, its result', () => {
      const tested = layer();
      const x = zeros(2, 3);
      const z = zeros(5, 4);
      for (const run of [() => tested.apply(x), () => tested.preActivations(x), () => tested.activate(z)]) {
        const { numTensors } = tf.memory();
        const result = run();
        expect(tf.memory().numTensors).toBe(numTensors + 1);
        result.dispose();
        expect(tf.memory().numTensors).toBe(numTensors);
      }
    });

    it('refuses an input of another width', () => {
      const tested = layer();
      const x = zeros(2, 4);
      expect(() => tested.apply(x)).toThrow(
        expect.objectContaining({
          code: 'INVALID_SHAPE',
          argument: 'x',
          value: x,
          allowed: 'a tensor of shape [batch, 3], since kernel has shape [3,4]',
        }),
      );
      const z = zeros(2, 5);
      expect(() => tested.activate(z)).toThrow(
        expect.objectContaining({
          code: 'INVALID_SHAPE',
          argument: 'z',
          value: z,
          allowed: 'a tensor of shape [batch, 4]',
        }),
      );
    });
  });

  describe('weights', () => {
    it('are the trainable kernel and bias, by name', () => {
      const tested = layer();
      expect(Object.keys(tested.weights)).toEqual(['kernel', 'bias']);
      expect(tested.weights.kernel).toBe(tested.kernel);
      expect(tested.weights.bias).toBe(tested.bias);
      expect([tested.kernel.shape, tested.bias?.shape]).toEqual([[3, 4], [4]]);
      expect(Object.values(tested.weights).every(({ trainable }) => trainable)).toBe(true);
    });

    it('are the kernel alone without a bias', async () => {
      const tested = layer({ useBias: false });
      expect(Object.keys(tested.weights)).toEqual(['kernel']);
      expect(tested.bias).toBeUndefined();
      expect(await readAll(tested)).toEqual([(await readAll(layer()))[0], undefined]);
    });

    it('get gradients from variableGrads, without a leak', () => {
      const tested = layer();
      const x = kept(tf.tensor2d([1, 2, 3, -1, 0, 1], [2, 3]));
      const labels = kept(tf.tensor1d([0, 3], 'int32'));
      const { numTensors } = tf.memory();
      const { value, grads } = tf.variableGrads(
        () => softmaxCrossEntropy({ logits: tested.apply(x), labels })[0] as tf.Scalar,
        Object.values(tested.weights),
      );
      expect(Object.keys(grads)).toEqual([tested.kernel.name, tested.bias?.name]);
      tf.dispose([value, grads]);
      expect(tf.memory().numTensors).toBe(numTensors);
    });

    it('survive a tidy in which the layer is made', async () => {
      const options = { inputSize: 3, units: 4, seed: 1 };
      const holder: HarmonicLayer[] = [];
      tf.tidy(() => {
        holder.push(kept(new HarmonicLayer(options)));
      });
      expect(await readAll(holder[0])).toEqual(await readAll(layer(options)));
      kept(holder[0].apply(zeros(1, 3)));
    });
  });

  describe('seed', () => {
    it('decides the weights, as a number or as a key', async () => {
      expect(await readAll(layer({ seed: 7 }))).toEqual(await readAll(layer({ seed: 7 })));
      expect(await readAll(layer({ seed: 7 }))).toEqual(await readAll(layer({ seed: randomKey(7) })));
      expect(await readAll(layer({ seed: 7 }))).not.toEqual(await readAll(layer({ seed: 8 })));
    });

    it('is another for each layer by default, and in the configuration', async () => {
      const first = layer({ seed: undefined });
      expect(await readAll(first)).not.toEqual(await readAll(layer({ seed: undefined })));
      expect(await readAll(layer({ seed: first.getConfig().seed }))).toEqual(await readAll(first));
    });
  });

  describe('getConfig', () => {
    it('is complete', () => {
      expect(layer().getConfig()).toEqual({
        inputSize: 3,
        units: 4,
        baseFreq: 1,
        maxFreq: 10,
        residual: 0.1,
        useBias: true,
        seed: 1,
      });
    });

    it.each<Partial<HarmonicLayerOptions>>([
      {},
      { seed: undefined },
      { seed: [3, 2 ** 32 - 1], useBias: false },
      { baseFreq: 0.3, maxFreq: 0.7, residual: 0, seed: 2 ** 53 - 1 },
    ])('makes the same layer again through JSON, bit for bit: %j', async (options) => {
      const first = layer(options);
      const json = JSON.stringify(first.getConfig());
      const second = kept(HarmonicLayer.fromConfig(JSON.parse(json)));
      expect(JSON.stringify(second.getConfig())).toBe(json);
      expect(await readAll(second)).toEqual(await readAll(first));
      expect(second.periods).toEqual(first.periods);
      const x = kept(tf.tensor2d([[0.1, -0.2, 0.3]]));
      expect(await fromTensor(kept(second.apply(x)))).toEqual(await fromTensor(kept(first.apply(x))));
    });
  });

  it.each([5, null, 'relu', [3, 4]])('refuses %j as options', (options) => {
    const refusal = (argument: string) =>
      expect.objectContaining({ code: 'INVALID_ARGUMENT', argument, value: options });
    expect(() => new HarmonicLayer(options as never)).toThrow(refusal('options'));
    expect(() => HarmonicLayer.fromConfig(options as never)).toThrow(refusal('config'));
  });

  it.each<[unknown, string]>([
    [[[1, 2, 3]], 'an array'],
    [undefined, 'undefined'],
  ])('refuses the input %j, which is not a tensor', (value, is) => {
    const tested = layer();
    const { numTensors } = tf.memory();
    for (const use of ['apply', 'preActivations'] as const) {
      expect(() => tested[use](value as never)).toThrow(
        expect.objectContaining({
          code: 'INVALID_ARGUMENT',
          argument: 'x',
          value,
          message: `The input is ${is}; it must be a tensor of shape [batch, 3], such as tf.tensor2d(values, [batch, 3]).`,
        }),
      );
    }
    expect(() => tested.activate(value as never)).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', argument: 'z', value }),
    );
    expect(tf.memory().numTensors).toBe(numTensors);
  });

  it('refuses inputs of strings, and those that were disposed', () => {
    const tested = layer();
    const words = kept(tf.tensor2d([['a', 'b', 'c']]));
    const gone = zeros(1, 3);
    gone.dispose();
    for (const [value, problem] of [
      [words, 'The input is a tensor of string; it must be of float32.'],
      [gone, 'The input is a tensor that has been disposed. Dispose of it after its last use.'],
    ] as const) {
      expect(() => tested.apply(value as tf.Tensor2D)).toThrow(
        expect.objectContaining({ code: 'INVALID_ARGUMENT', argument: 'x', value, message: problem }),
      );
    }
  });

  it('refuses what is asked of it once it is disposed', () => {
    const tested = layer();
    const [x, z] = [zeros(1, 3), zeros(1, 4)];
    tested.dispose();
    for (const use of [() => tested.apply(x), () => tested.preActivations(x), () => tested.activate(z)]) {
      expect(use).toThrow(
        expect.objectContaining({
          code: 'UNSUPPORTED',
          message:
            'This layer has been disposed, and its weights are gone. Call dispose() last, or create another layer.',
        }),
      );
    }
  });

  it('takes inputs that are integers', async () => {
    const tested = kept(new HarmonicLayer({ inputSize: 2, units: 4, seed: 1 }));
    const [whole, floats] = [
      kept(tf.tensor2d([3, 200], [1, 2], 'int32')),
      kept(tf.tensor2d([3, 200], [1, 2])),
    ];
    expect(await fromTensor(kept(tested.apply(whole as tf.Tensor2D)))).toEqual(
      await fromTensor(kept(tested.apply(floats as tf.Tensor2D))),
    );
  });

  it('dispose frees everything, also when called twice', () => {
    for (const useBias of [true, false]) {
      const before = tf.memory();
      const tested = new HarmonicLayer({ inputSize: 3, units: 4, useBias });
      expect(tf.memory().numTensors - before.numTensors).toBe(useBias ? 3 : 2);
      tested.dispose();
      tested.dispose();
      const { numTensors, numDataBuffers, numBytes } = before;
      expect(tf.memory()).toMatchObject({ numTensors, numDataBuffers, numBytes });
    }
  });

  it.each<[string, unknown]>([
    ['inputSize', 0],
    ['inputSize', undefined],
    ['units', 1.5],
    ['baseFreq', 0],
    ['maxFreq', '5'],
    ['residual', Number.NaN],
    ['seed', -1],
    ['useBias', 'false'],
    ['useBias', null],
    ['maxfreq', 5],
    ['activation', 'relu'],
  ])('refuses the %s %j, and keeps nothing', (argument, value) => {
    const options = { [argument]: value };
    const { numTensors } = tf.memory();
    const error = expect.objectContaining({ code: 'INVALID_ARGUMENT', argument, value });
    expect(() => layer(options)).toThrow(error);
    expect(() => HarmonicLayer.fromConfig({ inputSize: 3, units: 4, ...options } as never)).toThrow(error);
    expect(tf.memory().numTensors).toBe(numTensors);
  });
});

describe('the errors of HarmonicLayer', () => {
  it.each<[object, string]>([
    [{ units: 0 }, 'units is 0; it must be an integer at least 1.'],
    [{ useBias: 1 }, 'useBias is 1; it must be true or false.'],
    [{ max_freq: 5 }, 'HarmonicLayer has no option "max_freq". Did you mean maxFreq?'],
  ])('say what %j lacks', (options, message) => {
    expect(() => new HarmonicLayer({ inputSize: 3, units: 4, ...options })).toThrow(message);
  });
});
