import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { events, start } from './trainer-process';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'harmonic tensorflow '));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

// PyTorch's seeds 1 to 16 give 94.9 to 96.0% after one epoch.
it('trains on MNIST for an epoch as well as the other backends, and says nothing else', {
  timeout: 600_000,
}, async () => {
  const args = ['train', '--backend', 'tensorflow', '--epochs', '1', '--json', '--out', 'run'];
  const ended = await start(args, { cwd: folder }).ended;
  expect(ended.code, ended.stderr).toBe(0);
  expect(ended.stderr).toBe('');
  const [epoch, summary] = events(ended);
  expect(epoch.trainLoss).toBeGreaterThan(0.2);
  expect(epoch.trainLoss).toBeLessThan(0.3);
  expect(summary).toMatchObject({ event: 'summary', backend: 'tensorflow', epochs: 1 });
  expect(summary.testAccuracy).toBeGreaterThanOrEqual(0.945);
  expect(summary.testAccuracy).toBeLessThanOrEqual(0.965);
  const config = JSON.parse(await readFile(join(folder, 'run', 'config.json'), 'utf8'));
  expect(config.computes).toBe('tensorflow backend on the processor');
  expect(config.versions.tensorflow).toMatch(/^TensorFlow 2\.\d+\.\d+, tfjs-node 4\.22\.0$/);
});

it('evaluates the model of another backend alike', { timeout: 600_000 }, async () => {
  const evaluate = ['evaluate', '--model', 'run', '--json', '--backend'];
  const accuracies = [];
  for (const backend of ['tensorflow', 'wasm']) {
    const ended = await start([...evaluate, backend], { cwd: folder }).ended;
    expect(ended.code, ended.stderr).toBe(0);
    accuracies.push(events(ended).at(-1).testAccuracy);
  }
  expect(Math.abs(accuracies[0] - accuracies[1])).toBeLessThanOrEqual(2e-4);
});
