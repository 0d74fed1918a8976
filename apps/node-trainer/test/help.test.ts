import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { presetSettings } from 'harmonic-mlp/settings';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runSettings } from '../src/run-settings';
import { runHere } from './trainer-here';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'harmonic help '));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const help = async (args: string[], columns: number) => {
  const { code, stdout, stderr } = await runHere([...args, '--help'], { cwd: folder, columns });
  expect([code, stderr]).toEqual([0, '']);
  return stdout;
};

/** The texts of a command's options, without their line breaks. */
const texts = async (...args: string[]) =>
  Object.fromEntries(
    (await help(args, 100))
      .split(/\n {2}(?=-)/)
      .slice(1)
      .map((entry) => /^(?:-h, )?--([\w-]+)(?: <[^>]+>)?\s+(.*)$/s.exec(entry.split('\n\n')[0])!)
      .map(([, flag, text]) => [flag, text.replaceAll(/\s+/g, ' ')]),
  );

describe.each([100, 80, 60, 40])('at %i columns', (columns) => {
  it.each([
    [[]],
    [['train']],
    [['lr-find']],
    [['sweep']],
    [['evaluate']],
    [['predict']],
    [['data']],
    [['data', 'fetch']],
    [['data', 'verify']],
    [['backends']],
    [['runs']],
    [['runs', 'list']],
    [['runs', 'show']],
    [['runs', 'compare']],
    [['runs', 'export']],
    [['runs', 'remove']],
  ])('help for %j fits, with each option once', async (args) => {
    const text = await help(args, columns);
    // The command of its usage stays on one line, to be copied.
    for (const line of text.split('\n').slice(1)) {
      // A path is a word, and may be longer than a line.
      if (line.trim().includes(' ')) expect(line.length, line).toBeLessThanOrEqual(columns);
    }
    const flags = [...text.matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm)].map(([, flag]) => flag);
    expect(new Set(flags).size).toBe(flags.length);
    if (args[0] === 'train') expect(flags.length).toBeGreaterThan(runSettings.length);
  });
});

it('lists the choices of an option once, and explains those whose names do not', async () => {
  const { activation, dataset, backend } = await texts('train');
  expect(activation).toMatch(
    /^activation of the hidden layers \(default: [\w-]+ \[published: harmonic\]\) harmonic: sin\(2π·z\/p\) \+ r·z, with a period p for each unit harmonic-phase: .* relu: max\(0, z\) .* linear: z$/,
  );
  expect(dataset).toMatch(
    /^data set: mnist, fashion-mnist, .*, waves, .*, own \(default: mnist\) waves: sin 25x \+ x\/2 .* own: your own IDX files/,
  );
  expect(backend).toMatch(/ \(default: auto\) auto: .* webgpu: .* tensorflow: .* wasm: .* cpu: /);
  const evaluate = await texts('evaluate');
  expect(evaluate.backend).toMatch(/^backend to compute with \(default: wasm\) webgpu: /);
  expect(evaluate.dataset).toMatch(/, own \(default: the model's\) waves: .* own: /);
});

it('says with which other options an option applies', async () => {
  const train = await texts('train');
  expect(train.warmup).toMatch(/^except with --schedule plateau: .* \(default: 0; 0\.3 for one-cycle\)$/);
  expect(train['schedule-every']).toMatch(/^with --schedule step: /);
  expect(train['schedule-final']).toMatch(/^with --schedule exponential, linear, cosine, one-cycle: /);
  expect(train.momentum).toMatch(/^with --optimizer momentum: /);
  expect(train.transpose).toMatch(/^with --dataset own: /);
  expect(train['no-verify']).toMatch(/^for images: /);
  expect(train.examples).toMatch(/^for data made by a formula: .* \(default: 512\)$/);
  expect(train.loss).toMatch(/^for a regression: .* \(default: squared\) squared: /);
  expect(train['label-smoothing']).toMatch(/^for a classification: /);
  for (const { flag, when } of runSettings) {
    const text = train[flag] ?? train[`no-${flag}`];
    if (when !== undefined) expect(text).toMatch(/^((except )?with --|if units have periods: |for )/);
  }
});

it('says what every option does, and its default', async () => {
  const train = await texts('train');
  for (const { flag, type, defaultText } of runSettings) {
    const { [type.kind === 'flag' && type.default ? `no-${flag}` : flag]: text } = train;
    expect(text, flag).toMatch(/^[a-z].*[^.\s]$/);
    if (type.kind !== 'flag' && (type.default !== undefined || defaultText !== undefined)) {
      expect(text, flag).toContain('(default: ');
    }
  }
  expect(train.lr).toBe(
    `learning rate, the peak of its schedule (default: ${presetSettings('recommended').learningRate} [published: 0.001; 0.1 for sgd, 0.01 for momentum])`,
  );
});
