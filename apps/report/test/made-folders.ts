import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';

/** What a made sweep is like. */
export interface MadeSweep {
  configurations?: number;
  seeds?: number;
  epochs?: number;
  /** Whether there is a `result.json`. Default: yes. */
  isFinished?: boolean;
}

const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;
const lines = (values: readonly unknown[]) => values.map((value) => `${JSON.stringify(value)}\n`).join('');

/** The fractional part of a number without a pattern, for numbers that look like noise and are always the same. */
const noise = (place: number) => (Math.abs(Math.sin(12.9898 * place)) * 43758.5453) % 1;

/** A record of a ledger with its checksum. */
export function ledgerLine(record: object): string {
  const text = JSON.stringify(record);
  return `${text.slice(0, -1)},"crc":"${crc32(text).toString(16).padStart(8, '0')}"}\n`;
}

/** Names, each with a line of markup that a page must show as text. */
export const hostile = '<img src=x onerror="document.title=1"></script>';

export const versions = { trainer: '0.0.0', tfjs: '4.22.0', node: 'v24.0.0' };

/** The records of the epochs of a run that learns towards an accuracy. */
export const records = (epochs: number, accuracy: number, seed = 0) =>
  Array.from({ length: epochs }, (_, i) => ({
    epoch: i + 1,
    trainLoss: 0.1 + 1.2 * (1 - accuracy) + 1 / (i + 2),
    trainAccuracy: accuracy - 0.3 / (i + 2),
    validation: {
      loss: 0.12 + 1.5 * (1 - accuracy) + 0.8 / (i + 2),
      accuracy: accuracy - 0.25 / (i + 2) + 0.004 * noise(31 * seed + i),
    },
    learningRate: 0.001,
    seconds: 1.5,
  }));

/** Writes the folder of a run without models. */
export async function makeRun(
  folder: string,
  { settings = {}, epochs = 5, accuracy = 0.95, seed = 0, config = {} as object } = {},
): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(
    join(folder, 'config.json'),
    json({
      settings: {
        hidden: [64],
        activation: 'harmonic',
        epochs,
        batchSize: 128,
        seed,
        dataset: 'mnist',
        backend: 'wasm',
        ...settings,
      },
      model: { inputSize: 784, classes: 10, hidden: [64], activation: 'harmonic' },
      data: { dataset: 'mnist', training: 60000, test: 10000 },
      backend: 'wasm',
      computes: 'wasm backend with SIMD kernels',
      versions,
      platform: 'linux x64',
      ...config,
    }),
  );
  await writeFile(join(folder, 'metrics.jsonl'), lines(records(epochs, accuracy, seed)));
}

/** Writes the folder of a sweep over the learning rate, the hidden units, and the activation. */
export async function makeSweep(
  folder: string,
  { configurations = 8, seeds = 2, epochs = 6, isFinished = true }: MadeSweep = {},
): Promise<void> {
  const hidden = [[64], [128], [256, 128]];
  const activations = ['harmonic', 'relu'];
  const axes = { learningRate: { from: 1e-4, to: 1e-2, scale: 'log' }, hidden, activation: activations };
  const ledger: object[] = [];
  const results: { values: object; scores: number[]; mean: number; margin?: number; state: string }[] = [];
  await mkdir(folder, { recursive: true });
  for (let c = 0; c < configurations; c++) {
    const values = {
      learningRate: Number((1e-4 * 100 ** (c / Math.max(1, configurations - 1))).toPrecision(3)),
      hidden: hidden[c % hidden.length],
      activation: activations[Math.floor(c / hidden.length) % activations.length],
    };
    const kind = c % 8 === 5 ? 'pruned' : c % 8 === 6 ? 'failed' : 'complete';
    const reached = 0.97 - 0.02 * Math.abs(Math.log10(values.learningRate) + 2.8) - 0.01 * noise(c + 1);
    const scores: number[] = [];
    for (let seed = 0; seed < seeds; seed++) {
      const trial = `c${c}-s${seed}`;
      const state = kind === 'failed' && seed === 0 ? 'complete' : kind;
      const length = state === 'pruned' ? Math.ceil(epochs / 3) : state === 'failed' ? 1 : epochs;
      const accuracy = reached + 0.003 * noise(7 * c + seed);
      ledger.push({ event: 'started', trial, configuration: c, seed, values });
      await makeRun(join(folder, 'trials', trial), {
        settings: { ...values, epochs },
        epochs: length,
        accuracy,
        seed: 5 * c + seed,
      });
      const score = Math.max(
        ...records(length, accuracy, 5 * c + seed).map(({ validation }) => validation.accuracy),
      );
      scores.push(score);
      if (state === 'complete') ledger.push({ event: 'finished', trial, score });
      else if (state === 'pruned') ledger.push({ event: 'pruned', trial, score });
      else ledger.push({ event: 'failed', trial, message: `The loss is NaN. ${hostile}` });
    }
    const mean = scores.reduce((a, b) => a + b, 0) / scores.length;
    results.push({ values, scores, mean, state: kind });
  }
  const plan = {
    format: 'harmonic-mlp sweep 1',
    settings: { epochs, dataset: 'mnist', batchSize: 64 },
    axes,
    seeds: Array.from({ length: seeds }, (_, seed) => seed),
    search: 'random',
    trials: configurations,
    prune: 'asha',
    metric: 'accuracy',
    goal: 'maximize',
    versions,
  };
  await writeFile(join(folder, 'sweep.json'), json(plan));
  const all = [{ event: 'sweep', plan }, ...ledger];
  await writeFile(join(folder, 'ledger.jsonl'), all.map(ledgerLine).join(''));
  if (!isFinished) return;
  const ranked = results.sort((a, b) => b.mean - a.mean);
  const best = ranked.find(({ state }) => state === 'complete');
  const test = { accuracy: { mean: 0.961, margin: 0.002, values: [0.96, 0.962] } };
  await writeFile(join(folder, 'result.json'), json({ configurations: ranked, best: { ...best, test } }));
}
