import { activations, periods } from '@harmonic-mlp/harmonic-layer';
import { memory } from '@tensorflow/tfjs-core';
import { afterEach, expect, it } from 'vitest';
import { describeOnEachBackend } from '../../../test/support/backends';
import { createOptimizer, HarmonicMLP, type HarmonicMLPOptions } from '../src';
import { noisyPatterns } from './small-data';

const made: { dispose(): void }[] = [];
const model = (options: HarmonicMLPOptions) => {
  const network = new HarmonicMLP({
    inputSize: 12,
    classes: 4,
    hidden: [8, 8],
    dropout: 0,
    omega: 2,
    scale: 0.5,
    ...options,
  });
  made.push(network);
  return network;
};
const optimizerOf = (trained: HarmonicMLP) => {
  const optimizer = createOptimizer(trained, { learningRate: 0.005 });
  made.push(optimizer);
  return optimizer;
};
afterEach(() => {
  for (const each of made.splice(0)) each.dispose();
});

/** What a network of the family may be asked to be. */
const family: [string, HarmonicMLPOptions][] = [
  ...Object.keys(activations).map((activation): [string, HarmonicMLPOptions] => [activation, { activation }]),
  ...Object.keys(periods).map((name): [string, HarmonicMLPOptions] => [`${name} periods`, { periods: name }]),
  ['trained periods of some units', { activation: 'harmonic-relu', periods: 'learnable:4' }],
  ['batch norm before', { norm: 'before' }],
  ['batch norm before units with shared columns', { activation: 'fan', norm: 'before' }],
  ['no batch norm', { norm: 'none' }],
  ['layer norm', { normKind: 'layer' }],
  ['layer norm before', { normKind: 'layer', norm: 'before' }],
  ['noise everywhere', { noise: 0.1, inputNoise: 0.1, norm: 'before', dropout: 0.1 }],
  ['noise without norms', { noise: 0.1, norm: 'none' }],
  ['skip connections', { skipConnections: true }],
];

describeOnEachBackend('The family', () => {
  it.each(family)('%s trains, and goes on from a file', async (_, options) => {
    const before = memory().numTensors;
    const data = noisyPatterns({ size: 48 });
    const settings = { epochs: 5, batchSize: 16, schedule: 'constant' } as const;
    const files: Uint8Array[] = [];
    const whole = model(options);
    const { history } = await whole.fit(data, {
      ...settings,
      optimizer: optimizerOf(whole),
      onEpoch: async ({ checkpoint }) => {
        files.push(await checkpoint());
      },
    });
    expect(history.at(-1)!.trainLoss).toBeLessThan(history[0].trainLoss);

    const resumed = HarmonicMLP.fromBytes(files[1]);
    made.push(resumed);
    expect(resumed.config).toEqual(whole.config);
    await resumed.fit(data, {
      ...settings,
      optimizer: optimizerOf(resumed),
      resume: files[1],
    });
    for (const [path, variable] of Object.entries(whole.variables))
      expect(await resumed.variables[path].data(), path).toEqual(await variable.data());
    for (const each of made.splice(0)) each.dispose();
    expect(memory().numTensors).toBe(before);
  });
});
