import { randomKey } from '@harmonic-mlp/core';
import { dispose, mul, sub, type Tensor2D, tensor2d, tidy } from '@tensorflow/tfjs-core';
import { afterEach, expect, it } from 'vitest';
import { expectAllClose } from '../../../test/support/allclose';
import { describeOnEachBackend } from '../../../test/support/backends';
import { fromTensor } from '../../../test/support/fixtures';
import { HarmonicMLP, type HarmonicMLPOptions } from '../src';

const made: HarmonicMLP[] = [];
const model = (options: HarmonicMLPOptions) => {
  const network = new HarmonicMLP({ inputSize: 3, hidden: [3], classes: 3, dropout: 0, ...options });
  made.push(network);
  return network;
};
afterEach(() => {
  for (const network of made.splice(0)) network.dispose();
});

const rows = [
  [1, -0.5, 2],
  [0.25, 1, -1],
];

/** The output of the only hidden layer: the last layer is made to pass it on. */
async function hiddenOf(network: HarmonicMLP, isTraining = false, seed = 0): Promise<number[][]> {
  const eye = tensor2d([
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ]);
  network.output.kernel.assign(eye);
  tidy(() => network.output.bias.assign(mul(network.output.bias, 0)));
  const x = tensor2d(rows);
  const y = isTraining ? network.trainingLogits(x, randomKey(seed)) : network.logits(x);
  const { data } = await fromTensor(y);
  dispose([eye, x, y]);
  return [data.slice(0, 3), data.slice(3)];
}

const normalized = (values: number[]) => {
  const mean = values.reduce((a, b) => a + b) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return values.map((value) => (value - mean) / Math.sqrt(variance + 1e-5));
};
const flat = (values: number[][]) => ({ shape: [2, 3], data: values.flat() });
const close = (actual: number[][], expected: number[][]) =>
  expectAllClose(flat(actual), flat(expected), { relative: 1e-4, absolute: 1e-5 });

describeOnEachBackend('A hidden layer', () => {
  const affine = async (network: HarmonicMLP) => {
    const x = tensor2d(rows);
    const z = network.hidden[0].layer.preActivations(x);
    const { data } = await fromTensor(z);
    dispose([x, z]);
    return [data.slice(0, 3), data.slice(3)];
  };
  const relu = (values: number[][]) => values.map((row) => row.map((value) => Math.max(0, value)));
  const transposed = (values: number[][]) => values[0].map((_, i) => values.map((row) => row[i]));
  const overBatch = (values: number[][]) => transposed(transposed(values).map(normalized));

  it('is normalized before its activation, after it, or not at all', async () => {
    const options = { activation: 'relu', seed: 3 };
    const z = await affine(model(options));
    close(await hiddenOf(model({ ...options, norm: 'none' }), true), relu(z));
    close(await hiddenOf(model({ ...options, norm: 'before' }), true), relu(overBatch(z)));
    close(await hiddenOf(model(options), true), overBatch(relu(z)));
  });

  it('is normalized over its units by layer norm, in inference too', async () => {
    const options = { activation: 'tanh', seed: 4, normKind: 'layer' } as const;
    const network = model(options);
    const z = await affine(network);
    const expected = z.map((row) => normalized(row.map(Math.tanh)));
    close(await hiddenOf(network, true), expected);
    close(await hiddenOf(network), expected);
    expect(network.smallestBatch).toBe(1);
    const before = model({ ...options, norm: 'before' });
    close(
      await hiddenOf(before),
      z.map((row) => normalized(row).map(Math.tanh)),
    );
  });

  it('has its input added to its output by a skip connection, if they have one width', async () => {
    const options = { activation: 'linear', norm: 'none', seed: 5 } as const;
    const plain = await hiddenOf(model(options));
    close(
      await hiddenOf(model({ ...options, skipConnections: true })),
      plain.map((row, i) => row.map((value, k) => value + rows[i][k])),
    );
    const wider = model({ ...options, hidden: [4], skipConnections: true });
    const same = model({ ...options, hidden: [4] });
    const x = tensor2d(rows);
    const [a, b] = [wider.logits(x), same.logits(x)];
    expect((await fromTensor(a)).data).toEqual((await fromTensor(b)).data);
    dispose([x, a, b]);
  });

  it.each([
    ['noise', 'none'],
    ['noise', 'before'],
    ['inputNoise', 'none'],
  ] as const)('has %s only in training, the same for the same key', async (name, norm) => {
    const options = { activation: 'linear', norm, seed: 6, normKind: 'layer' } as const;
    const network = model({ ...options, [name]: 0.5 });
    const quiet = await hiddenOf(model(options), true);
    expect(await hiddenOf(network)).toEqual(await hiddenOf(model(options)));
    const noisy = await hiddenOf(network, true, 1);
    expect(await hiddenOf(network, true, 1)).toEqual(noisy);
    expect(await hiddenOf(network, true, 2)).not.toEqual(noisy);
    const size = Math.sqrt(
      noisy.flat().reduce((sum, value, i) => sum + (value - quiet.flat()[i]) ** 2, 0) / 6,
    );
    expect(size).toBeGreaterThan(0.05);
    expect(size).toBeLessThan(2);
  });

  it('has noise of the given size, whatever the layer is', async () => {
    const network = model({ inputSize: 2, hidden: [400], activation: 'linear', norm: 'none', noise: 0.3 });
    const x = tensor2d([[1, 2]]);
    const deviations = tidy(() => {
      const { layer } = network.hidden[0];
      const [clean, kernel] = [layer.apply(x), network.output.kernel as unknown as Tensor2D];
      return [clean, kernel, sub(network.trainingLogits(x, randomKey(3)), network.logits(x))];
    });
    // The outputs are sums of the noise, weighted by the kernel.
    const weights = (await fromTensor(deviations[1])).data;
    const differences = (await fromTensor(deviations[2])).data;
    const expected = 0.3 * Math.sqrt(weights.reduce((sum, w) => sum + w * w, 0) / 3);
    for (const difference of differences) expect(Math.abs(difference)).toBeLessThan(5 * expected);
    expect(Math.hypot(...differences)).toBeGreaterThan(expected / 5);
    dispose([x, ...deviations]);
  });
});
