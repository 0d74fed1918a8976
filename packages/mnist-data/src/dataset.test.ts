import '@tensorflow/tfjs-backend-cpu';
import { foldIn, randomBits, randomKey, randomUniform } from '@harmonic-mlp/core';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { BatchOptions } from './batch-indices';
import { LabeledDataset } from './dataset';
import type { LabeledDatasetOptions } from './dataset-options';
import { LabelledDataset } from './earlier-names';

/** Example i is [i, i + 1] and has the label i mod 3. */
const counting = (size: number, options: Partial<LabeledDatasetOptions> = {}) =>
  new LabeledDataset({
    inputs: Float32Array.from({ length: 2 * size }, (_, k) => (k >> 1) + (k & 1)),
    labels: Uint8Array.from({ length: size }, (_, i) => i % 3),
    inputSize: 2,
    classes: 3,
    ...options,
  });

/** The contents of the batches, each as a list of the first values of its examples; checks and disposes of them. */
function firsts(data: LabeledDataset, options: BatchOptions): number[][] {
  return Array.from(data.batches(options), ({ inputs, labels, size }) => {
    expect(inputs.shape).toEqual([size, data.inputSize]);
    expect(inputs.dtype).toBe('float32');
    expect(labels.shape).toEqual([size]);
    expect(labels.dtype).toBe('int32');
    const rows = inputs.arraySync();
    expect(Array.from(labels.dataSync())).toEqual(rows.map(([first]) => first % 3));
    for (const [first, second] of rows) expect(second).toBe(first + 1);
    tf.dispose([inputs, labels]);
    return rows.map(([first]) => first);
  });
}

const ascending = (values: number[]) => [...values].sort((a, b) => a - b);

beforeAll(async () => {
  await tf.setBackend('cpu');
});

describe('batches', () => {
  it('keep the order without shuffle, and the last smaller batch', () => {
    expect(firsts(counting(7), { batchSize: 3 })).toEqual([[0, 1, 2], [3, 4, 5], [6]]);
  });

  it('leave the last smaller batch out on request', () => {
    expect(firsts(counting(7), { batchSize: 3, dropLast: true })).toEqual([
      [0, 1, 2],
      [3, 4, 5],
    ]);
    expect(firsts(counting(6), { batchSize: 3, dropLast: true })).toHaveLength(2);
    expect(firsts(counting(2), { batchSize: 3, dropLast: true })).toEqual([]);
  });

  it('are one when the batch is larger than the data set', () => {
    expect(firsts(counting(2), { batchSize: 100 })).toEqual([[0, 1]]);
  });

  it('cover every example once when shuffled', () => {
    const order = firsts(counting(100), { batchSize: 7, shuffle: randomKey(1) }).flat();
    expect(order).not.toEqual(ascending(order));
    expect(ascending(order)).toEqual(Array.from({ length: 100 }, (_, i) => i));
  });

  it('come in the same order for the same key only', () => {
    const order = (seed: number) => firsts(counting(50), { batchSize: 8, shuffle: randomKey(seed) });
    expect(order(1)).toEqual(order(1));
    expect(order(1)).not.toEqual(order(2));
  });

  it('have the same order whatever the batch size', () => {
    const order = (batchSize: number) => firsts(counting(50), { batchSize, shuffle: randomKey(3) }).flat();
    expect(order(7)).toEqual(order(50));
  });

  it.each([undefined, randomKey(5)])('resume exactly at start (shuffle %j)', (shuffle) => {
    const all = firsts(counting(23), { batchSize: 4, shuffle });
    for (let start = 0; start <= all.length; start++) {
      expect(firsts(counting(23), { batchSize: 4, shuffle, start })).toEqual(all.slice(start));
    }
  });

  it('are as many as batchCount says', () => {
    for (const [size, batchSize] of [
      [1, 1],
      [7, 3],
      [6, 3],
      [2, 5],
    ]) {
      for (const dropLast of [false, true]) {
        expect(firsts(counting(size), { batchSize, dropLast })).toHaveLength(
          counting(size).batchCount({ batchSize, dropLast }),
        );
      }
    }
    expect(counting(7).batchCount({ batchSize: 3 })).toBe(3);
  });

  it('leave no tensor behind when the consumer disposes them, also when it stops early', () => {
    const { numTensors } = tf.memory();
    firsts(counting(23), { batchSize: 4, shuffle: randomKey(1) });
    for (const { inputs, labels } of counting(23).batches({ batchSize: 4 })) {
      tf.dispose([inputs, labels]);
      break;
    }
    expect(tf.memory().numTensors).toBe(numTensors);
  });

  it('hold memory of their own', () => {
    const data = counting(4);
    const [first] = data.batches({ batchSize: 4 });
    data.inputs.fill(9);
    data.labels.fill(2);
    expect(first.inputs.arraySync()[1]).toEqual([1, 2]);
    expect(Array.from(first.labels.dataSync())).toEqual([0, 1, 2, 0]);
    tf.dispose([first.inputs, first.labels]);
  });

  it.each<[object, string, unknown, string]>([
    [{}, 'batchSize', undefined, 'an integer at least 1'],
    [{ batchSize: 0 }, 'batchSize', 0, 'an integer at least 1'],
    [{ batchSize: 2.5 }, 'batchSize', 2.5, 'an integer at least 1'],
    [{ batchSize: 3, start: -1 }, 'start', -1, 'an integer at least 0 and at most 3'],
    [{ batchSize: 3, start: 4 }, 'start', 4, 'an integer at least 0 and at most 3'],
    [{ batchSize: 3, dropLast: true, start: 3 }, 'start', 3, 'an integer at least 0 and at most 2'],
    [{ batchSize: 3, shuffle: true }, 'shuffle', true, 'an integer at least 0'],
    [{ batchSize: 3, shuffle: [1, -1] }, 'shuffle[1]', -1, 'an integer at least 0 and at most 4294967295'],
    [{ batchSize: 3, shufle: 1 }, 'shufle', 1, 'one of batchSize, dropLast, shuffle, epoch, start, signal'],
  ])('refuse %j at once', (options, argument, value, allowed) => {
    expect(() => counting(7).batches(options as BatchOptions)).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', argument, value, allowed }),
    );
  });

  it('take the whole request of a training run', () => {
    const request = { batchSize: 4, shuffle: randomKey(1), start: 1, epoch: 2, signal: AbortSignal.abort() };
    const { epoch, signal, ...options } = request;
    expect(firsts(counting(7), request)).toEqual(firsts(counting(7), options));
  });
});

describe('arrays and order', () => {
  const seed = Math.floor(Math.random() * 2 ** 32);

  it(`gather exactly what batches hold, seed ${seed}`, () => {
    for (let run = 0; run < 200; run++) {
      const key = foldIn(randomKey(seed), run);
      const random = randomUniform(key, 6);
      const upTo = (most: number, draw: number) => Math.floor(random[draw] * (most + 1));
      const [size, inputSize] = [1 + upTo(39, 0), 1 + upTo(4, 1)];
      const noise = randomBits(foldIn(key, 'inputs'), new Uint32Array(size * inputSize));
      const kinds: Pick<LabeledDatasetOptions, 'inputs' | 'normalization'>[] = [
        { inputs: Uint8Array.from(noise) },
        { inputs: Uint8Array.from(noise), normalization: { mean: 0.1307, std: 0.3081 } },
        { inputs: Float32Array.from(noise, (word) => word / 2 ** 31) },
        { inputs: Float32Array.from(noise, (word) => word / 2 ** 31), normalization: { mean: 1, std: 3 } },
      ];
      const labels = Array.from({ length: size }, (_, i) => i % 7);
      const all = new LabeledDataset({ ...kinds[upTo(3, 2)], labels, inputSize, classes: 7 });
      const data = size > 2 && run % 3 === 0 ? all.subset(1, size - 1) : all;
      const batchSize = 1 + upTo(size, 3);
      const shuffle = random[4] < 0.3 ? undefined : foldIn(key, 'shuffle');
      const dropLast = run % 2 === 0;
      const start = upTo(data.batchCount({ batchSize, dropLast }), 5);

      const { inputs, labels: classes } = data.arrays();
      const order = data.order({ shuffle, epoch: 3 });
      expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: data.size }, (_, i) => i));
      const batches = [...data.batches({ batchSize, shuffle, dropLast, start })];
      const context = `seed ${seed}, run ${run}`;
      for (const [i, batch] of batches.entries()) {
        const rows = [...order.subarray((start + i) * batchSize, (start + i + 1) * batchSize)];
        const gathered = rows.flatMap((row) => [...inputs.subarray(row * inputSize, (row + 1) * inputSize)]);
        expect(batch.size, context).toBe(rows.length);
        expect(Array.from(batch.inputs.dataSync()), context).toEqual(gathered);
        expect(Array.from(batch.labels.dataSync()), context).toEqual(rows.map((row) => classes[row]));
        tf.dispose([batch.inputs, batch.labels]);
      }
      expect(start + batches.length, context).toBe(data.batchCount({ batchSize, dropLast }));
    }
  });

  it.each([
    [1, 300_000],
    [3, 1000],
    [28, 5000],
    [785, 400],
    [140_001, 3],
  ])(
    `have (p/255 − mean)/std for every pixel of images of %i bytes, %i of them, seed ${seed}`,
    (inputSize, size) => {
      const noise = randomBits(foldIn(randomKey(seed), inputSize), new Uint32Array(size * inputSize));
      const normalization = { mean: 0.1307, std: 0.3081 };
      // Background with strokes, and bytes that do not begin where a word does.
      const bytes = new Uint8Array(3 + noise.length);
      const pixels = bytes.subarray(3).fill(0);
      noise.forEach((word, i) => {
        if (((word >>> 8) & 7) < 2) pixels[i] = word;
      });
      const labels = new Uint8Array(size);
      const data = new LabeledDataset({ inputs: pixels, labels, inputSize, classes: 1, normalization });
      const order = data.order({ shuffle: randomKey(seed) });
      // What was in the arrays before must not be seen, and what lies behind must not be touched.
      const inputs = new Float32Array(noise.length + 1).fill(9);
      data.gather(order, { inputs, labels: new Int32Array(size) });
      const expected = new Float32Array(noise.length + 1).fill(9);
      order.forEach((example, row) => {
        for (let i = 0; i < inputSize; i++)
          expected[row * inputSize + i] =
            (pixels[example * inputSize + i] / 255 - normalization.mean) / normalization.std;
      });
      expect(Buffer.compare(Buffer.from(inputs.buffer), Buffer.from(expected.buffer))).toBe(0);
    },
  );

  it('have nothing of another example where there is none', () => {
    const into = { inputs: new Float32Array(4), labels: new Int32Array(2) };
    const floats = counting(3);
    floats.gather([0, 1], into);
    floats.gather([7, 2], into);
    expect([...into.inputs]).toEqual([Number.NaN, Number.NaN, 2, 3]);
    const bytes = counting(3, { inputs: Uint8Array.of(255, 255, 255, 255, 51, 51) });
    bytes.gather([0, 1], into);
    bytes.gather([7, 2], into);
    expect([...into.inputs]).toEqual([0, 0, 0.2, 0.2].map(Math.fround));
  });

  it("are the data set's own memory where nothing has to be converted", () => {
    const data = counting(5);
    expect(data.arrays().inputs).toBe(data.inputs);
    expect(data.subset(2).arrays().inputs.buffer).toBe(data.inputs.buffer);
    expect(data.arrays().labels).toEqual(Int32Array.of(0, 1, 2, 0, 1));
  });

  it('keep the order without shuffle', () => {
    expect(counting(3).order()).toEqual(Int32Array.of(0, 1, 2));
    expect(counting(3).order({})).toEqual(Int32Array.of(0, 1, 2));
  });

  it.each<[object, string]>([
    [{ shuffle: -1 }, 'shuffle'],
    [{ seed: 1 }, 'seed'],
  ])('refuse %j', (options, argument) => {
    expect(() => counting(3).order(options)).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', argument }),
    );
  });
});

describe('normalization', () => {
  const values = (options: Partial<LabeledDatasetOptions>) => {
    const data = new LabeledDataset({
      inputs: new Uint8Array([0, 51, 255]),
      labels: new Uint8Array(1),
      inputSize: 3,
      classes: 1,
      ...options,
    });
    const { inputs, labels } = data.batch([0]);
    const result = Array.from(inputs.dataSync());
    tf.dispose([inputs, labels]);
    return result;
  };

  it('divides pixels by 255 by default', () => {
    expect(values({})).toEqual([0, Math.fround(0.2), 1]);
  });

  it('applies the mean and std to pixels/255', () => {
    // (0 − 0.5)/0.25, (0.2 − 0.5)/0.25, (1 − 0.5)/0.25
    expect(values({ normalization: { mean: 0.5, std: 0.25 } })).toEqual([-2, Math.fround(-1.2), 2]);
  });

  it('leaves floats as they are by default', () => {
    expect(values({ inputs: new Float32Array([0, 51, -7]) })).toEqual([0, 51, -7]);
  });

  it('applies the mean and the standard deviation to floats themselves', () => {
    const inputs = new Float32Array([0, 3, -7]);
    expect(values({ inputs, normalization: { mean: 1, std: 4 } })).toEqual([-0.25, 0.5, -2]);
  });

  it('reads a Buffer as bytes', () => {
    expect(values({ inputs: Buffer.from([0, 51, 255]) })).toEqual([0, Math.fround(0.2), 1]);
  });
});

describe('batch', () => {
  it('is of the chosen examples, in the order given', () => {
    const { numTensors } = tf.memory();
    const { inputs, labels, size } = counting(9).batch([8, 0, 4, 4]);
    expect(size).toBe(4);
    expect(inputs.arraySync()).toEqual([
      [8, 9],
      [0, 1],
      [4, 5],
      [4, 5],
    ]);
    expect(Array.from(labels.dataSync())).toEqual([2, 0, 1, 1]);
    tf.dispose([inputs, labels]);
    expect(tf.memory().numTensors).toBe(numTensors);
  });

  it.each<[number[], string, number, string]>([
    [[], 'indices.length', 0, 'an integer at least 1'],
    [[0, 9], 'indices[1]', 9, 'an integer at least 0 and less than 9'],
    [[-1], 'indices[0]', -1, 'an integer at least 0 and less than 9'],
  ])('refuses %j', (indices, argument, value, allowed) => {
    expect(() => counting(9).batch(indices)).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', argument, value, allowed }),
    );
  });
});

describe('subset', () => {
  it('is a view of the examples', () => {
    const data = counting(10, { imageShape: [1, 2], name: 'numbers' });
    const part = data.subset(4, 7);
    expect(part.size).toBe(3);
    expect(firsts(part, { batchSize: 2 })).toEqual([[4, 5], [6]]);
    expect(part.inputs.buffer).toBe(data.inputs.buffer);
    expect(part.labels.buffer).toBe(data.labels.buffer);
    expect(part.imageShape).toEqual([1, 2]);
    expect(part.name).toBe('numbers');
    expect(firsts(data.subset(8), { batchSize: 9 })).toEqual([[8, 9]]);
    expect(firsts(part.subset(1, 2), { batchSize: 9 })).toEqual([[5]]);
  });

  it('keeps the normalization', () => {
    const normalization = { mean: 1, std: 2 };
    expect(counting(4, { normalization }).subset(1).normalization).toEqual(normalization);
  });

  it.each([
    [10, 10, 'start', 10, 'an integer at least 0 and less than 10'],
    [-1, 10, 'start', -1, 'an integer at least 0 and less than 10'],
    [3, 3, 'end', 3, 'an integer greater than 3 and at most 10'],
    [3, 11, 'end', 11, 'an integer greater than 3 and at most 10'],
  ])('refuses %d to %d', (start, end, argument, value, allowed) => {
    expect(() => counting(10).subset(start, end)).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', argument, value, allowed }),
    );
  });
});

describe('split', () => {
  /** Ten examples whose only value is their index, with class index mod 3. */
  const ten = (inputs: Uint8Array | Float32Array = Uint8Array.from({ length: 10 }, (_, i) => i)) =>
    new LabeledDataset({
      inputs,
      labels: Uint8Array.from({ length: 10 }, (_, i) => i % 3),
      inputSize: 1,
      classes: 3,
      classNames: ['a', 'b', 'c'],
      normalization: { mean: 0.5, std: 2 },
    });

  it('takes the last examples, without a copy', () => {
    const all = ten();
    const { train, validation } = all.split(3);
    expect([...train.inputs]).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect([...validation.inputs]).toEqual([7, 8, 9]);
    expect([...validation.labels]).toEqual([1, 2, 0]);
    expect(validation.inputs.buffer).toBe(all.inputs.buffer);
    expect(validation).toMatchObject({ classNames: all.classNames, normalization: all.normalization });
  });

  it('takes a fraction', () => {
    expect(ten().split(0.25).validation.size).toBe(3);
    expect(ten().split(0.01).validation.size).toBe(1);
  });

  it.each([ten().inputs, Float32Array.from({ length: 10 }, (_, i) => i)])(
    'draws by a key: every example once, each part in order, labels with their examples',
    (inputs) => {
      const { train, validation } = ten(inputs).split(4, randomKey(7));
      expect([train.size, validation.size]).toEqual([6, 4]);
      for (const part of [train, validation]) {
        expect([...part.inputs]).toEqual([...part.inputs].sort((a, b) => a - b));
        expect([...part.labels]).toEqual([...part.inputs].map((index) => index % 3));
        expect(part.inputs.constructor).toBe(inputs.constructor);
      }
      expect([...train.inputs, ...validation.inputs].sort((a, b) => a - b)).toEqual([...ten().inputs]);
      expect([...validation.inputs]).not.toEqual([6, 7, 8, 9]);
    },
  );

  it('draws the same for the same key only', () => {
    const drawn = (seed: number) => [...ten().split(5, randomKey(seed)).validation.inputs];
    expect(drawn(1)).toEqual(drawn(1));
    expect(drawn(1)).not.toEqual(drawn(2));
  });

  it.each([0, -1, 10, 11, 2.5, Number.NaN, 0.99, '0.5', '5'])('refuses %j of ten', (validation) => {
    expect(() => ten().split(validation as number)).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', argument: 'validation', value: validation }),
    );
  });
});

describe('image', () => {
  it('is the stored example and its label', () => {
    const data = new LabeledDataset({
      inputs: new Uint8Array([1, 2, 3, 4]),
      labels: new Uint8Array([5, 6]),
      inputSize: 2,
      classes: 10,
      normalization: { mean: 0.5, std: 0.5 },
    });
    const { pixels, label } = data.image(1);
    expect([...pixels]).toEqual([3, 4]);
    expect(pixels.buffer).toBe(data.inputs.buffer);
    expect(label).toBe(6);
    for (const value of [2, 0.5]) {
      const allowed = 'an integer at least 0 and less than 2';
      expect(() => data.image(value)).toThrow(
        expect.objectContaining({ code: 'INVALID_ARGUMENT', argument: 'index', value, allowed }),
      );
    }
  });
});

describe('a data set', () => {
  const valid: LabeledDatasetOptions = {
    inputs: new Uint8Array(12),
    labels: new Uint8Array([0, 1, 2]),
    inputSize: 4,
    classes: 3,
    imageShape: [2, 2],
  };

  it('knows its size', () => {
    expect(new LabeledDataset(valid)).toMatchObject({
      size: 3,
      inputSize: 4,
      classes: 3,
      imageShape: [2, 2],
    });
  });

  it.each<[string, object, string, object]>([
    [
      'a label out of range',
      { labels: new Uint8Array([0, 3, 9]) },
      'INVALID_DATA',
      {
        argument: 'labels[1]',
        value: 3,
        allowed: 'an integer from 0 to 2',
        fix: 'Correct the label or raise classes.',
      },
    ],
    [
      'a label that is not an integer',
      { labels: [0, 0.5, 1] },
      'INVALID_DATA',
      { argument: 'labels[1]', value: 0.5, allowed: 'an integer from 0 to 2', fix: 'Correct the label.' },
    ],
    [
      'a negative label',
      { labels: Int32Array.of(0, -1, 1) },
      'INVALID_DATA',
      { argument: 'labels[1]', value: -1, allowed: 'an integer from 0 to 2', fix: 'Correct the label.' },
    ],
    [
      'too few labels',
      { labels: new Uint8Array(2), name: 'digits' },
      'INVALID_SHAPE',
      {
        argument: 'labels.length',
        value: 2,
        allowed: '3, one label for each example of 4 values',
        fix: undefined,
        file: 'digits',
      },
    ],
    [
      'the colors of an image in the place of its gray values',
      { inputs: new Uint8ClampedArray(4 * 12) },
      'INVALID_SHAPE',
      { argument: 'labels.length', value: 3, fix: expect.stringContaining('grayFromRgba') },
    ],
    [
      'part of an example',
      { inputs: new Uint8Array(11) },
      'INVALID_SHAPE',
      { argument: 'inputs.length', value: 11, allowed: 'a positive multiple of inputSize, 4' },
    ],
    [
      'no example',
      { inputs: new Uint8Array(0), labels: new Uint8Array(0) },
      'INVALID_SHAPE',
      { argument: 'inputs.length', value: 0, allowed: 'a positive multiple of inputSize, 4' },
    ],
    [
      'an image shape of another size',
      { imageShape: [2, 3] },
      'INVALID_SHAPE',
      {
        argument: 'imageShape',
        value: [2, 3],
        message: 'imageShape is [2,3]; rows times columns must be inputSize, 4.',
      },
    ],
    [
      'other than one name for each class',
      { classNames: ['one', 'two'] },
      'INVALID_SHAPE',
      { argument: 'classNames.length', value: 2, allowed: '3, one name for each class' },
    ],
    ...[[0, 0, 0, 0], new Int8Array(12), new Uint16Array(12), new Float64Array(12)].map(
      (inputs): [string, object, string, object] => [
        `inputs of type ${inputs.constructor.name}`,
        { inputs },
        'INVALID_ARGUMENT',
        {
          argument: 'inputs',
          value: inputs,
          allowed: 'one of Uint8Array, Uint8ClampedArray, Float32Array',
          fix: 'Convert numbers from 0 to 255 with Uint8Array.from, others with Float32Array.from.',
        },
      ],
    ),
    [
      'labels of another type',
      { labels: new Float32Array(3) },
      'INVALID_ARGUMENT',
      {
        argument: 'labels',
        value: new Float32Array(3),
        allowed: 'one of Uint8Array, Uint8ClampedArray, Int32Array, Array',
      },
    ],
    ...[Number.NaN, Infinity, -Infinity].map((value): [string, object, string, object] => [
      `${value}`,
      { inputs: new Float32Array(12).fill(value, 6, 7) },
      'INVALID_DATA',
      {
        argument: 'inputs[6]',
        value,
        allowed: 'a finite number',
        message: `Feature 2 of example 1 is ${value}; it must be a finite number. Correct it, or omit the example.`,
      },
    ]),
    [
      'values that are not finite when they are normalized',
      { inputs: new Float32Array(12).fill(2, 11), normalization: { mean: 0, std: 1e-39 } },
      'INVALID_DATA',
      {
        argument: 'inputs[11]',
        value: 2,
        message:
          'Feature 3 of example 2 is 2, which normalization makes Infinity; it must be a finite number. Correct it or the normalization.',
      },
    ],
    [
      'pixels that are not finite when they are normalized',
      { inputs: new Uint8Array(12).fill(255, 5), normalization: { mean: 0, std: 1e-39 } },
      'INVALID_DATA',
      { argument: 'inputs[5]', value: 255, fix: 'Correct it or the normalization.' },
    ],
    ['no inputSize', { inputSize: 0 }, 'INVALID_ARGUMENT', { argument: 'inputSize', value: 0 }],
    ['no classes', { classes: undefined }, 'INVALID_ARGUMENT', { argument: 'classes', value: undefined }],
    [
      'a std of 0',
      { normalization: { mean: 0, std: 0 }, name: 'digits' },
      'INVALID_ARGUMENT',
      { argument: 'normalization.std', value: 0, file: 'digits' },
    ],
    [
      'the earlier name of std',
      { normalization: { mean: 0, deviation: 1 } },
      'INVALID_ARGUMENT',
      { argument: 'deviation', fix: 'It takes mean, std.' },
    ],
    [
      'an unknown option',
      { normalisation: { mean: 0, std: 1 } },
      'INVALID_ARGUMENT',
      { argument: 'normalisation', fix: 'Did you mean normalization?' },
    ],
  ])('refuses %s', (_, options, code, fields) => {
    expect(() => new LabeledDataset({ ...valid, ...options } as LabeledDatasetOptions)).toThrow(
      expect.objectContaining({ code, ...fields }),
    );
  });

  it('takes bytes in any array of bytes, where it lies, and no other types for them', () => {
    const buffer = new Uint8Array([9, 0, 51, 255, 102, 9]).buffer;
    for (const inputs of [
      new Uint8ClampedArray(buffer, 1, 4),
      new Uint8Array(buffer, 1, 4),
      Buffer.from(buffer, 1, 4),
    ]) {
      const data = new LabeledDataset({
        inputs,
        labels: Uint8ClampedArray.of(1, 0),
        inputSize: 2,
        classes: 2,
      });
      const { inputs: values, labels } = data.batch([1, 0]);
      expect(Array.from(values.dataSync())).toEqual([1, Math.fround(0.4), 0, Math.fround(0.2)]);
      expect(Array.from(labels.dataSync())).toEqual([0, 1]);
      tf.dispose([values, labels]);
      expect(data.inputs.buffer).toBe(buffer);
      expect([...data.split(1, 3).train.image(0).pixels]).toHaveLength(2);
    }
  });

  it('takes labels that are integers of any size', () => {
    for (const labels of [[2, 0], Int32Array.of(2, 0)]) {
      const data = new LabeledDataset({ inputs: new Uint8Array(2), labels, inputSize: 1, classes: 3 });
      expect(data.labels).toEqual(Uint8Array.of(2, 0));
    }
  });

  it('documents a shuffle by epoch that is the same in a resumed run', () => {
    const data = counting(40);
    const shuffle = (epoch: number) => foldIn(foldIn(randomKey(42), 'shuffle'), epoch);
    expect(firsts(data, { batchSize: 8, shuffle: shuffle(1) })).not.toEqual(
      firsts(data, { batchSize: 8, shuffle: shuffle(2) }),
    );
  });

  it.each<[string, () => unknown, string]>([
    ['no options', () => new LabeledDataset(undefined as never), 'inputSize'],
    ['batches of nothing', () => counting(4).batches(undefined as never), 'batchSize'],
    ['a count of nothing', () => counting(4).batchCount(undefined as never), 'batchSize'],
    ['a batch of nothing', () => counting(4).batch(undefined as never), 'indices.length'],
  ])('refuses %s in words', (_, act, argument) => {
    expect(act).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT', argument, value: undefined }));
  });

  it('refuses to count batches by unknown options', () => {
    expect(() => counting(4).batchCount({ batchSize: 2, droplast: true } as never)).toThrow(
      expect.objectContaining({ argument: 'droplast', fix: 'Did you mean dropLast?' }),
    );
  });

  it('has its earlier name', () => {
    expect(LabelledDataset).toBe(LabeledDataset);
  });
});
