import '@tensorflow/tfjs-backend-cpu';
import { foldIn, randomKey } from '@harmonic-mlp/core';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { BatchOptions } from './batch-indices';
import { LabeledDataset, type LabeledDatasetOptions } from './dataset';

/** Example i is [i, i + 1] and has the label i mod 3. */
const counting = (size: number, options: Partial<LabeledDatasetOptions> = {}) =>
  new LabeledDataset({
    inputs: Float32Array.from({ length: 2 * size }, (_, k) => (k >> 1) + (k & 1)),
    labels: Uint8Array.from({ length: size }, (_, i) => i % 3),
    inputSize: 2,
    classes: 3,
    ...options,
  });

/** What the batches hold, each as a list of the first values of its examples; checks and disposes them. */
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

  it.each<[object, string]>([
    [{}, 'batchSize is undefined; it must be an integer at least 1.'],
    [{ batchSize: 0 }, 'batchSize is 0; it must be an integer at least 1.'],
    [{ batchSize: 2.5 }, 'batchSize is 2.5; it must be an integer at least 1.'],
    [{ batchSize: 3, start: -1 }, 'start is -1; it must be an integer at least 0 and at most 3.'],
    [{ batchSize: 3, start: 4 }, 'start is 4; it must be an integer at least 0 and at most 3.'],
    [
      { batchSize: 3, dropLast: true, start: 3 },
      'start is 3; it must be an integer at least 0 and at most 2.',
    ],
    [{ batchSize: 3, shuffle: true }, 'shuffle is true; it must be an integer at least 0.'],
    [{ batchSize: 3, shuffle: [1, -1] }, 'shuffle[1] is -1; it must be an integer at least 0'],
  ])('refuse %j at once', (options, message) => {
    expect(() => counting(7).batches(options as BatchOptions)).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringContaining(message) }),
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

  it('applies the mean and the standard deviation to pixels/255', () => {
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

  it.each([
    [[], 'indices.length is 0; it must be an integer at least 1.'],
    [[0, 9], 'indices[1] is 9; it must be an integer at least 0 and less than 9.'],
    [[-1], 'indices[0] is -1; it must be an integer at least 0 and less than 9.'],
  ])('refuses %j', (indices, message) => {
    expect(() => counting(9).batch(indices)).toThrow(message);
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
    [10, 10, 'start is 10; it must be an integer at least 0 and less than 10.'],
    [-1, 10, 'start is -1; it must be an integer at least 0 and less than 10.'],
    [3, 3, 'end is 3; it must be an integer greater than 3 and at most 10.'],
    [3, 11, 'end is 11; it must be an integer greater than 3 and at most 10.'],
  ])('refuses %d to %d', (start, end, message) => {
    expect(() => counting(10).subset(start, end)).toThrow(message);
  });
});

describe('split', () => {
  /** Ten examples whose only value is their index, of class index mod 3. */
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

  it.each([0, -1, 10, 11, 2.5, Number.NaN, 0.99])('refuses %s of ten', (validation) => {
    expect(() => ten().split(validation)).toThrow(/validation/);
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
    expect(() => data.image(2)).toThrow('index is 2; it must be an integer at least 0 and less than 2.');
    expect(() => data.image(0.5)).toThrow('index is 0.5');
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

  it.each<[string, Partial<Record<keyof LabeledDatasetOptions, unknown>>, string, string]>([
    [
      'a label out of range',
      { labels: new Uint8Array([0, 3, 9]) },
      'INVALID_DATA',
      'data set: label 1 is 3, expected at most 2, because classes is 3. Correct the label or raise classes.',
    ],
    [
      'too few labels',
      { labels: new Uint8Array(2), name: 'digits' },
      'INVALID_SHAPE',
      'digits: there are 2 labels for 3 examples of 4 values. Give one label for each example.',
    ],
    [
      'part of an example',
      { inputs: new Uint8Array(11) },
      'INVALID_SHAPE',
      'data set: inputs has 11 values, which is no multiple of inputSize, 4. Set inputSize to what every example has.',
    ],
    [
      'no example',
      { inputs: new Uint8Array(0), labels: new Uint8Array(0) },
      'INVALID_SHAPE',
      'data set has no example; give at least one.',
    ],
    [
      'an image shape of another size',
      { imageShape: [2, 3] },
      'INVALID_SHAPE',
      'imageShape is [2,3]; rows times columns must be inputSize, 4.',
    ],
    [
      'inputs of another type',
      { inputs: [0, 0, 0, 0] },
      'INVALID_ARGUMENT',
      'inputs is Array; it must be a Uint8Array, a Uint8ClampedArray or a Float32Array. Convert pixels of 0 to 255 with Uint8Array.from, other values with Float32Array.from.',
    ],
    ...[new Int8Array(12), new Uint16Array(12), new Float64Array(12)].map(
      (inputs): [string, object, string, string] => [
        `inputs of type ${inputs.constructor.name}`,
        { inputs },
        'INVALID_ARGUMENT',
        `inputs is ${inputs.constructor.name}; it must be a Uint8Array, a Uint8ClampedArray or a Float32Array. Convert pixels of 0 to 255 with Uint8Array.from, other values with Float32Array.from.`,
      ],
    ),
    [
      'labels of another type',
      { labels: new Float32Array(3) },
      'INVALID_ARGUMENT',
      'labels is Float32Array; it must be a Uint8Array, a Uint8ClampedArray, an Int32Array or an Array. Convert them with Uint8Array.from.',
    ],
    [
      'a label that is no integer',
      { labels: [0, 0.5, 1] },
      'INVALID_DATA',
      'data set: label 1 is 0.5, expected an integer from 0 to 2. Correct the label.',
    ],
    [
      'a negative label',
      { labels: Int32Array.of(0, -1, 1) },
      'INVALID_DATA',
      'data set: label 1 is -1, expected an integer from 0 to 2. Correct the label.',
    ],
    [
      'the colors of an image in the place of its gray values',
      { inputs: new Uint8ClampedArray(4 * 12) },
      'INVALID_SHAPE',
      'data set: there are 3 labels for 12 examples of 4 values. If these are the red, green, blue and alpha of ImageData, make them gray with grayFromRgba first.',
    ],
    ...[Number.NaN, Infinity, -Infinity].map((value): [string, object, string, string] => [
      `${value}`,
      { inputs: new Float32Array(12).fill(value, 6, 7) },
      'INVALID_DATA',
      `data set: feature 2 of example 1 is ${value}, expected a finite number. Correct it, or leave the example out.`,
    ]),
    [
      'values that are not finite when they are normalized',
      { inputs: new Float32Array(12).fill(2, 11), normalization: { mean: 0, std: 1e-39 } },
      'INVALID_DATA',
      'data set: feature 3 of example 2 is 2, which normalized is Infinity: (x − 0)/1e-39. Correct the value or the normalization.',
    ],
    [
      'pixels that are not finite when they are normalized',
      { inputs: new Uint8Array(12).fill(255, 5), normalization: { mean: 0, std: 1e-39 } },
      'INVALID_DATA',
      'data set: feature 1 of example 1 is 255, which normalized is Infinity: (p/255 − 0)/1e-39. Correct the value or the normalization.',
    ],
    [
      'no inputSize',
      { inputSize: 0 },
      'INVALID_ARGUMENT',
      'inputSize is 0; it must be an integer at least 1.',
    ],
    [
      'no classes',
      { classes: undefined },
      'INVALID_ARGUMENT',
      'classes is undefined; it must be an integer at least 1.',
    ],
    [
      'a std of 0',
      { normalization: { mean: 0, std: 0 } },
      'INVALID_ARGUMENT',
      'normalization.std is 0; it must be a finite number greater than 0.',
    ],
  ])('refuses %s', (_, options, code, message) => {
    expect(() => new LabeledDataset({ ...valid, ...options } as LabeledDatasetOptions)).toThrow(
      expect.objectContaining({ code, message }),
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

  it.each<[string, () => unknown, RegExp]>([
    ['no options', () => new LabeledDataset(undefined as never), /^inputSize is undefined/],
    ['batches of nothing', () => counting(4).batches(undefined as never), /^batchSize is undefined/],
    ['a batch of nothing', () => counting(4).batch(undefined as never), /^indices\.length is undefined/],
  ])('refuses %s in words', (_, act, message) => {
    expect(act).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringMatching(message) }),
    );
  });
});
