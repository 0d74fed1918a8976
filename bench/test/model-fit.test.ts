import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { examplesFor } from '../src/model-fit/examples';
import { modelOf } from '../src/model-fit/model';
import { fitNetworks } from '../src/model-fit/networks';
import { parseOptions, parts } from '../src/options';
import { markdownFit, showFit } from '../src/parts/stock';

const countOf = (shape: readonly number[]) => shape.reduce((product, length) => product * length, 1);

describe('the networks of stock', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu');
  });

  it.each(fitNetworks)('$name starts alike everywhere, and takes its examples', async (network) => {
    const [first, second] = [network, network].map(modelOf);
    const weights = (model: typeof first) => model.getWeights().map((each) => Array.from(each.dataSync()));
    expect(weights(first)).toEqual(weights(second));
    const { inputs, targets } = examplesFor(network, 3);
    expect(inputs).toHaveLength(3 * countOf(network.inputShape));
    expect(targets).toHaveLength(3 * network.outputs);
    const outputs = tf.tidy(() => first.predict(tf.tensor(inputs, [3, ...network.inputShape])) as tf.Tensor);
    expect(outputs.shape).toEqual([3, network.outputs]);
    expect(outputs.dataSync().every(Number.isFinite)).toBe(true);
    outputs.dispose();
    for (const model of [first, second]) model.dispose();
  });

  it('are trained by programs of which one may lack its backend', async () => {
    const peer = fileURLToPath(new URL('../dist/fit-peer.js', import.meta.url));
    // A home without an installation.
    const home = await mkdtemp(join(tmpdir(), 'bench-'));
    onTestFinished(() => rm(home, { recursive: true }));
    const env = { ...process.env, HOME: home, XDG_CACHE_HOME: home, XDG_DATA_HOME: home, LOCALAPPDATA: home };
    const child = execFileSync(process.execPath, [peer, 'tfjs-node'], { env, input: '{"order":"hello"}\n' });
    const { missing } = JSON.parse(String(child));
    expect(missing).toMatch(
      /^The tensorflow backend cannot be used: .* Install it with [ -~]+ setup:tensorflow\.$/,
    );
  });

  it('have one class, or numbers, as targets', () => {
    for (const network of fitNetworks) {
      const { targets } = examplesFor(network, 50);
      if (network.loss === 'meanSquaredError') continue;
      expect(targets.every((target) => target === 0 || target === 1)).toBe(true);
      if (network.outputs > 1) expect(targets.reduce((sum, target) => sum + target)).toBe(50);
    }
  });
});

describe('the table of stock', () => {
  const figures = {
    steps: [
      {
        network: 'dense',
        batchSize: 16,
        parameters: 7,
        times: { 'stock wasm': [8, 9, 10], cpu: [4, 100, 8], 'with kernels': [2, 3, 2], PyTorch: [1, 1, 1] },
        cannot: {},
      },
      {
        network: 'convolutions',
        batchSize: 16,
        parameters: 7,
        times: { cpu: [80, 60, 80], 'with kernels': [4, 4, 4], PyTorch: [8, 8, 8] },
        cannot: { 'stock wasm': "Kernel 'X' not registered" },
      },
    ],
    versions: {},
    missing: ['tfjs-node is left out: it is not installed'],
  };

  it('shows medians, and ratios of times of the same round to the faster of stock wasm and cpu', () => {
    expect(markdownFit(figures).split('\n')).toEqual([
      '|                        | stock wasm |  cpu | with kernels | PyTorch | × tfjs | × PyTorch |',
      '| ---------------------- | ---------: | ---: | -----------: | ------: | -----: | --------: |',
      '| dense, batch 16        |       9.00 | 8.00 |         2.00 |    1.00 |   3.00 |      0.50 |',
      '| convolutions, batch 16 |     cannot | 80.0 |         4.00 |    8.00 |     20 |      2.00 |',
    ]);
    const shown = showFit(figures);
    expect(shown).toContain("stock wasm cannot train convolutions: Kernel 'X' not registered");
    expect(shown).toContain('tfjs-node is left out: it is not installed');
  });
});

describe('the options', () => {
  it('measure stock unless it shall be quick', () => {
    const parse = (...options: string[]) => parseOptions(['node', 'bench', ...options]);
    expect(parse().only).toEqual(parts);
    expect(parse('--quick').only).not.toContain('stock');
    expect(parse('--quick', '--only', 'stock', '--readme')).toMatchObject({ only: ['stock'], readme: true });
  });
});
