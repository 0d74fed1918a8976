import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { type FixtureTensor, readFixture } from '../../../../test/support/fixtures';
import { LabeledDataset } from '../dataset';
import { AugmentedDataset, type AugmentedDatasetOptions } from './augmented-dataset';
import { affineMap, distort, PaddedImage, sineAndCosine } from './distort';
import { ElasticField } from './elastic-field';

beforeAll(() => tf.setBackend('cpu'));

/** By SciPy, see tools/reference/cases/distortion.py. */
const reference = readFixture<{
  image: FixtureTensor;
  cases: {
    angle: number;
    scale: [number, number];
    shift: [number, number];
    displacements: [FixtureTensor, FixtureTensor] | null;
    expected: FixtureTensor;
  }[];
}>('distortion');

const shape: [number, number] = [9, 7];
const size = 20;
/** Images without order, and with a label each. */
const data = new LabeledDataset({
  inputs: Uint8Array.from({ length: size * 63 }, (_, i) => (i * 7919) % 256),
  labels: Uint8Array.from({ length: size }, (_, i) => i % 3),
  inputSize: 63,
  classes: 3,
  imageShape: shape,
  normalization: { mean: 0.3, std: 0.2 },
});

/** The inputs and the labels of all batches. */
function all(source: LabeledDataset | AugmentedDataset, options: { batchSize: number; epoch?: number }) {
  const [inputs, labels]: [number[], number[]] = [[], []];
  for (const batch of source.batches(options)) {
    inputs.push(...batch.inputs.dataSync());
    labels.push(...batch.labels.dataSync());
    tf.dispose([batch.inputs, batch.labels]);
  }
  return { inputs, labels };
}

const augmented = (options: AugmentedDatasetOptions) => new AugmentedDataset(data, options);
const everything = { shift: 2, rotation: 20, scale: 0.2, elastic: 1, seed: 4 };

describe('A distorted image', () => {
  it.each(reference.cases)('is that of SciPy: turned by $angle, scaled, shifted, and bent', (given) => {
    const { angle, scale, shift, displacements, expected } = given;
    const { image } = reference;
    const pixels = image.data.length;
    const [rows, columns] = displacements?.map(({ data: each }) => Float64Array.from(each)) ?? [
      new Float64Array(pixels),
      new Float64Array(pixels),
    ];
    const padded = new PaddedImage(image.shape as [number, number], new Float64Array(0), 0);
    // After another, of which nothing stays.
    padded.set(new Float64Array(pixels).fill(255));
    padded.set(Float64Array.from(image.data));
    // Between others, which stay as they are.
    const into = new Float64Array(pixels + 22).fill(7);
    distort(padded, affineMap(angle, scale, shift), { rows, columns }, into, 11);
    const expectedIn = [...Array(11).fill(7), ...expected.data, ...Array(11).fill(7)];
    for (const [i, value] of expectedIn.entries()) expect(into[i]).toBeCloseTo(value, 9);
  });

  it('has sines and cosines to 14 digits, by sums and products alone', () => {
    for (let angle = -Math.PI; angle <= Math.PI; angle += 0.01) {
      const [sine, cosine] = sineAndCosine(angle);
      expect(Math.abs(sine - Math.sin(angle))).toBeLessThan(2e-14);
      expect(Math.abs(cosine - Math.cos(angle))).toBeLessThan(2e-14);
    }
  });
});

describe('Elastic displacements', () => {
  const [deviation, smoothness] = [1.5, 4];
  /** Displacements of many images, from numbers of a simple generator. */
  function fields(count: number): Float64Array[] {
    const field = new ElasticField([28, 28], deviation, smoothness);
    let state = 1;
    const knots = new Float64Array(field.size);
    return Array.from({ length: count }, () => {
      for (let i = 0; i < knots.length; i++) {
        state = (state * 48271) % 2147483647;
        knots[i] = (2 * state) / 2147483647 - 1;
      }
      const into = new Float64Array(784);
      field.write(knots, into);
      return into;
    });
  }
  const sample = fields(2000);
  /** The mean of the products of the displacements of two pixels. */
  const product = (a: number, b: number) => sample.reduce((sum, each) => sum + each[a] * each[b], 0) / 2000;

  it('have the standard deviation that was asked for, wherever a pixel is', () => {
    // The spline's own varies by 5% in each direction, the sample's by 2%.
    for (const pixel of [0, 13, 27, 14 * 28 + 14, 7 * 28 + 3, 783])
      expect(Math.sqrt(product(pixel, pixel)) / deviation).toBeCloseTo(1, 0.6);
  });

  it('are alike as far as those that a Gaussian smooths', () => {
    const middle = 14 * 28 + 14;
    const variance = product(middle, middle);
    // Its autocorrelation at a distance d is exp(−d²/4σ²).
    for (const [distance, step] of [4, 8, 12].flatMap((d) => [
      [d, d],
      [d, 28 * d],
    ])) {
      const expected = Math.exp(-(distance ** 2) / (4 * smoothness ** 2));
      expect(Math.abs(product(middle, middle - step) / variance - expected)).toBeLessThan(0.1);
    }
  });
});

describe('An augmented data set', () => {
  it('without distortions has the images as they are, to the bit', () => {
    expect(all(augmented({}), { batchSize: 6 })).toEqual(all(data, { batchSize: 6 }));
  });

  it.each(['shift', 'rotation', 'scale', 'elastic'] as const)('changes images by %s', (name) => {
    const { inputs, labels } = all(augmented({ [name]: 0.5 }), { batchSize: 6 });
    const plain = all(data, { batchSize: 6 });
    expect(labels).toEqual(plain.labels);
    for (let i = 0; i < size; i++)
      expect(inputs.slice(63 * i, 63 * (i + 1))).not.toEqual(plain.inputs.slice(63 * i, 63 * (i + 1)));
  });

  it('has other images in each epoch, and with each seed, and the same with the same ones', () => {
    const of = (options: AugmentedDatasetOptions, epoch?: number) =>
      all(augmented({ ...everything, ...options }), { batchSize: 5, epoch }).inputs;
    expect(of({}, 2)).toEqual(of({}, 2));
    expect(of({}, 2)).not.toEqual(of({}, 3));
    expect(of({}, 1)).toEqual(of({}));
    expect(of({ seed: 5 }, 2)).not.toEqual(of({}, 2));
    expect(of({ seed: [0, 4] }, 2)).toEqual(of({}, 2));
  });

  it('has the same images however they are cut into batches, or shuffled', () => {
    const source = augmented(everything);
    const whole = all(source, { batchSize: size, epoch: 3 });
    expect(all(source, { batchSize: 3, epoch: 3 })).toEqual(whole);
    // Of another epoch, in between.
    all(source, { batchSize: 7, epoch: 4 });
    const order = source.order({ shuffle: 9 });
    const [{ inputs, labels }] = source.batches({ batchSize: size, shuffle: 9, epoch: 3 });
    const rows = inputs.arraySync();
    for (const [row, index] of order.entries())
      expect(rows[row]).toEqual(whole.inputs.slice(63 * index, 63 * (index + 1)));
    expect([...labels.dataSync()]).toEqual([...order].map((index) => whole.labels[index]));
    tf.dispose([inputs, labels]);

    const batch = source.batch([7, 2], { epoch: 3 });
    expect(batch.inputs.arraySync()).toEqual([7, 2].map((i) => whole.inputs.slice(63 * i, 63 * (i + 1))));
    tf.dispose([batch.inputs, batch.labels]);
  });

  /** The moments of 400 images of a square of 5 × 5 pixels in 15 × 15: the center of each, and its squared spread. */
  function moments(options: AugmentedDatasetOptions) {
    const [count, width] = [400, 15];
    const isInk = (i: number) => Math.abs((i % width) - 7) <= 2 && Math.abs(Math.floor(i / width) - 7) <= 2;
    const square = new LabeledDataset({
      inputs: Uint8Array.from({ length: count * width ** 2 }, (_, i) => (isInk(i % width ** 2) ? 255 : 0)),
      labels: new Uint8Array(count),
      inputSize: width ** 2,
      classes: 2,
      imageShape: [width, width],
    });
    const { inputs } = all(new AugmentedDataset(square, options), { batchSize: 100 });
    const ofAxis = (place: (i: number) => number) =>
      Array.from({ length: count }, (_, image) => {
        const ink = inputs.slice(image * width ** 2, (image + 1) * width ** 2);
        const total = ink.reduce((sum, value) => sum + value, 0);
        const center = ink.reduce((sum, value, i) => sum + value * place(i), 0) / total;
        const spread = ink.reduce((sum, value, i) => sum + value * (place(i) - center) ** 2, 0) / total;
        return { center, spread };
      });
    return [ofAxis((i) => Math.floor(i / width) - 7), ofAxis((i) => (i % width) - 7)];
  }
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

  it('shifts by at most what was asked for, in all directions', () => {
    for (const axis of moments({ shift: 3 })) {
      const places = axis.map(({ center }) => center);
      expect(Math.max(...places)).toBeLessThanOrEqual(3 + 1e-6);
      expect(Math.min(...places)).toBeGreaterThanOrEqual(-3 - 1e-6);
      // Of a uniform distribution from −3 to 3, with four standard errors.
      expect(Math.abs(mean(places))).toBeLessThan((4 * Math.sqrt(3)) / 20);
      expect(mean(places.map((place) => place ** 2))).toBeCloseTo(3, 0);
    }
  });

  it('scales height and width by themselves, by at most what was asked for', () => {
    const [heights, widths] = moments({ scale: 0.3 }).map((axis) =>
      axis.map(({ spread }) => Math.sqrt(spread)),
    );
    const [[{ spread }]] = moments({});
    for (const sizes of [heights, widths]) {
      const changes = sizes.map((size) => size / Math.sqrt(spread) - 1);
      // Bilinear means widen a little.
      expect(Math.max(...changes)).toBeLessThan(0.33);
      expect(Math.max(...changes)).toBeGreaterThan(0.25);
      expect(Math.min(...changes)).toBeGreaterThan(-0.33);
      expect(Math.min(...changes)).toBeLessThan(-0.25);
    }
    const product = mean(heights.map((height, i) => (height - mean(heights)) * (widths[i] - mean(widths))));
    const variance = mean(heights.map((height) => (height - mean(heights)) ** 2));
    expect(Math.abs(product / variance)).toBeLessThan(0.2);
  });

  it('bends in both directions, as far as was asked for', () => {
    // So smooth that the square moves as a whole.
    for (const axis of moments({ elastic: 1.2, smoothness: 40 })) {
      const places = axis.map(({ center }) => center);
      expect(Math.abs(mean(places))).toBeLessThan(0.3);
      expect(Math.sqrt(mean(places.map((place) => place ** 2))) / 1.2).toBeCloseTo(1, 0.6);
    }
  });

  it('distorts floats too', () => {
    const floats = new LabeledDataset({
      inputs: Float32Array.from(data.inputs, (byte) => byte / 255),
      labels: data.labels,
      inputSize: 63,
      classes: 3,
      imageShape: shape,
      normalization: data.normalization,
    });
    const { inputs } = all(new AugmentedDataset(floats, everything), { batchSize: 4 });
    const bytes = all(augmented(everything), { batchSize: 4 }).inputs;
    for (const [i, value] of inputs.entries()) expect(value).toBeCloseTo(bytes[i], 5);
  });

  it.each<[AugmentedDatasetOptions, string]>([
    [{ shift: -1 }, 'shift'],
    [{ rotation: 181 }, 'rotation'],
    [{ scale: 1 }, 'scale'],
    [{ elastic: Number.NaN }, 'elastic'],
    [{ smoothness: 0.5 }, 'smoothness'],
    [{ seed: -1 }, 'seed'],
    [{ rotate: 3 } as never, 'rotate'],
  ])('refuses %j', (options, argument) => {
    expect(() => augmented(options)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT', argument }));
  });

  it('refuses images of unknown shape, and epochs and examples that there are not', () => {
    const { inputs, labels } = data;
    const flat = new LabeledDataset({ inputs, labels, inputSize: 63, classes: 3 });
    expect(() => new AugmentedDataset(flat, { shift: 1 })).toThrow(/rows and columns.*imageShape/);
    const source = augmented({ shift: 1 });
    expect(() => source.batches({ batchSize: 2, epoch: 0 })).toThrow(/epoch is 0/);
    expect(() => source.batch([size])).toThrow(/indices\[0\] is 20/);
    expect(() => source.batch([])).toThrow(/indices\.length is 0/);
  });
});
