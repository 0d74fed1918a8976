import { dispose, memory, setBackend, tensor2d } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { describeOnEachBackend } from '../../../../test/support/backends';
import { errorOf } from '../../../../test/support/error-of';
import { FourierFeatures, fourierEncodings, parseFourierFeatures } from './fourier-features';

// For a test that runs alone.
beforeAll(() => setBackend('cpu'));

const x = [
  [0.25, -1],
  [0.5, 2],
  [-0.3, 0.7],
];

describeOnEachBackend('FourierFeatures', () => {
  it('are the sine and cosine of 2π·xB', async () => {
    const before = memory().numTensors;
    const features = new FourierFeatures({ inputSize: 2, encoding: 'gaussian:5,0.5', seed: 3 });
    const inputs = tensor2d(x);
    const outputs = features.apply(inputs);
    const b = await features.frequencies.data();
    expect([outputs.shape, features.outputSize, b.length]).toEqual([[3, 10], 10, 10]);
    const values = await outputs.data();
    x.forEach(([first, second], row) => {
      for (let i = 0; i < 5; i++) {
        const phase = 2 * Math.PI * (first * b[i] + second * b[5 + i]);
        // The sine of software graphics cards errs by up to 2e-4.
        expect(values[10 * row + i]).toBeCloseTo(Math.sin(phase), 3);
        expect(values[10 * row + 5 + i]).toBeCloseTo(Math.cos(phase), 3);
      }
    });
    dispose([inputs, outputs]);
    features.dispose();
    expect(memory().numTensors).toBe(before);
  });

  it('takes inputs of integers', async () => {
    const features = new FourierFeatures({ inputSize: 1, encoding: 'gaussian:3,0.1', seed: 3 });
    const [whole, float] = (['int32', 'float32'] as const).map((dtype) =>
      tensor2d([[3], [-2]], [2, 1], dtype),
    );
    const [given, expected] = [features.apply(whole), features.apply(float)];
    expect(given.dtype).toBe('float32');
    expect(await given.data()).toEqual(await expected.data());
    dispose([whole, float, given, expected]);
    features.dispose();
  });
});

describe('fourierEncodings', () => {
  it('positional has half a cycle per unit and its octaves, for each input by itself', () => {
    const { positional } = fourierEncodings;
    expect([...positional.frequenciesOf(2, { octaves: 3 }, [0, 0])]).toEqual([
      ...[0.5, 1, 2, 0, 0, 0],
      ...[0, 0, 0, 0.5, 1, 2],
    ]);
    expect(positional.featuresOf(2, { octaves: 3 })).toBe(6);
  });

  it('gaussian draws from a normal distribution, by its seed', () => {
    const { gaussian } = fourierEncodings;
    const options = { features: 20_000, deviation: 3 };
    const drawn = gaussian.frequenciesOf(1, options, [1, 2]);
    const mean = drawn.reduce((a, b) => a + b) / drawn.length;
    const within = drawn.filter((value) => Math.abs(value) < 3).length / drawn.length;
    expect(mean).toBeCloseTo(0, 0);
    expect(within).toBeCloseTo(0.683, 2);
    expect(gaussian.frequenciesOf(1, options, [1, 2])).toEqual(drawn);
    expect(gaussian.frequenciesOf(1, options, [1, 3])).not.toEqual(drawn);
  });

  it('have names, and numbers with defaults', () => {
    for (const [name, entry] of Object.entries(fourierEncodings)) expect(entry.name).toBe(name);
    expect(parseFourierFeatures('gaussian').text).toBe('gaussian:64,1');
    expect(parseFourierFeatures('gaussian:8').text).toBe('gaussian:8,1');
    expect(parseFourierFeatures('positional:4').text).toBe('positional:4');
  });

  it.each([
    ['gausian', 'Did you mean "gaussian"?'],
    ['gaussian:8,1,2', 'gaussian:FEATURES,DEVIATION'],
    ['gaussian:0', 'features'],
    ['gaussian:2.5', 'features'],
    ['positional:x', 'positional:OCTAVES'],
    ['positional:2.5', 'octaves'],
    ['positional:60', 'octaves'],
    ['gaussian:8,0', 'deviation'],
  ])('refuses %s', (text, part) => {
    const error = errorOf(() => parseFourierFeatures(text));
    expect(error.code).toBe('INVALID_ARGUMENT');
    expect(['fourierFeatures', 'features', 'deviation', 'octaves']).toContain(error.argument);
    expect(error.message).toContain(part);
  });
});

it('draws these frequencies, on every machine and in every version', async () => {
  const features = new FourierFeatures({ inputSize: 2, encoding: 'gaussian:2,0.5', seed: 3 });
  // By a separate program, from the random generator on.
  const expected = [-0.735644, 0.025878, 1.175447, 0.647652];
  expect([...(await features.frequencies.data())]).toEqual(expected.map((each) => expect.closeTo(each, 5)));
  expect([features.encoding, features.frequencies.trainable]).toEqual(['gaussian:2,0.5', false]);
  features.dispose();
});

it('draws others each time without a seed', async () => {
  const drawn = [1, 2].map(() => new FourierFeatures({ inputSize: 1, encoding: 'gaussian:1' }));
  const [first, second] = await Promise.all(drawn.map(({ frequencies }) => frequencies.data()));
  expect(first).not.toEqual(second);
  for (const each of drawn) each.dispose();
});

it.each([
  [5, 'options'],
  [{ inputSize: 0, encoding: 'gaussian' }, 'inputSize'],
  [{ inputSize: 1.5, encoding: 'gaussian' }, 'inputSize'],
  [{ inputSize: 1, encoding: 'gaussian', seed: -1 }, 'seed'],
  [{ inputSize: 1, encodings: 'gaussian' }, 'encodings'],
])('refuses the options %o', (options, argument) => {
  expect(errorOf(() => new FourierFeatures(options as never))).toMatchObject({ argument });
});

it('refuses inputs of another width, and what is not a tensor', () => {
  const features = new FourierFeatures({ inputSize: 2, encoding: 'positional' });
  const wide = tensor2d([[1, 2, 3]]);
  expect(errorOf(() => features.apply(wide))).toMatchObject({
    code: 'INVALID_SHAPE',
    argument: 'x',
    allowed: 'a tensor of shape [batch, 2]',
  });
  expect(errorOf(() => features.apply([[1, 2]] as never)).code).toBe('INVALID_ARGUMENT');
  dispose(wide);
  features.dispose();
});
