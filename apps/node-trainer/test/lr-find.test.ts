import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runHere } from './trainer-here';
import { type Ended, events, start } from './trainer-process';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'harmonic range test '));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const made = ['lr-find', '--dataset', 'waves', '--backend', 'cpu'];
const run = (...args: string[]) => runHere([...made, ...args], { cwd: folder, columns: 70 });

describe('lr-find --json', () => {
  let ended: Ended;
  let lines: Record<string, unknown>[];
  beforeAll(async () => {
    ended = await run('--json', '--steps', '40', '--out', 'found');
    lines = events(ended);
  });

  it('prints each step, and last the suggestions', () => {
    expect([ended.code, ended.stderr]).toEqual([0, '']);
    const steps = lines.slice(0, -1);
    expect(steps.map(({ event, step }) => [event, step])).toEqual(steps.map((_, i) => ['step', i]));
    const rates = steps.map(({ learningRate }) => learningRate as number);
    expect(rates[0]).toBe(1e-7);
    for (let i = 1; i < rates.length; i++) expect(rates[i] / rates[i - 1]).toBeCloseTo(10 ** (8 / 40), 8);
    const { event, suggestions, ...others } = lines.at(-1)!;
    expect(event).toBe('summary');
    expect(others).toMatchObject({ backend: 'cpu', steps: steps.length, ended: 'diverged' });
    const { steepest, minimumTenth, valley } = suggestions as Record<string, number>;
    for (const rate of [steepest, 10 * minimumTenth, valley]) {
      expect(Math.min(...rates.map((each) => Math.abs(each / rate - 1)))).toBeLessThan(1e-9);
    }
  });

  it('saves the result with the settings, for reports', async () => {
    const saved = JSON.parse(await readFile(join(folder, 'found/range-test.json'), 'utf8'));
    expect(saved).toMatchObject({
      ended: 'diverged',
      suggestions: lines.at(-1)!.suggestions,
      settings: { dataset: 'waves', batchSize: 32, optimizer: 'adam' },
      model: { hidden: [64], task: 'regression' },
    });
    expect(saved.settings).not.toHaveProperty('learningRate');
    expect(saved.points.map(({ loss }: { loss: number }) => loss)).toEqual(
      lines.slice(0, -1).map(({ loss }) => loss),
    );
  });
});

it('draws the loss, says why it ended and what each suggestion is, and what to do next', async () => {
  const { code, stdout } = await run('--hidden', '8');
  expect(code).toBe(0);
  for (const line of stdout.split('Next')[0].split('\n')) expect(line.length, line).toBeLessThanOrEqual(70);
  const text = stdout.replaceAll(/\s+/g, ' ');
  expect(text).toContain('Learning-rate range test of the harmonic MLP on waves');
  expect(text).toContain('smoothed loss');
  expect(text).toMatch(/ended at a rate of \S+, where the smoothed loss was more than 4 times its lowest/);
  const found =
    /steepest (\S+) where the smoothed loss falls fastest minimumTenth (\S+) a tenth of .* valley (\S+) halfway/;
  const [, middle] = found
    .exec(text)!
    .slice(1)
    .sort((a, b) => Number(a) - Number(b));
  expect(text.trim()).toMatch(/ train --hidden 8 --dataset waves --backend cpu --lr \S+$/);
  expect(text.trim().split(' ').at(-1)).toBe(middle);
});

it('says that it reached the last rate, and that it suggests none where the loss never falls', async () => {
  const { code, stdout } = await run('--start', '1e-30', '--end', '1e-29', '--steps', '3');
  expect(code).toBe(0);
  const text = stdout.replaceAll(/\s+/g, ' ');
  expect(text).toContain('The test went up to a rate of 1e-29.');
});

it('reads the settings of a run, and leaves out what it does not have', async () => {
  await writeFile(
    join(folder, 'given.json'),
    JSON.stringify({ hidden: [4], epochs: 3, learningRate: 5, schedule: 'cosine' }),
  );
  const ended = await run('--json', '--steps', '2', '--config', 'given.json', '--out', 'configured');
  expect([ended.code, ended.stderr]).toEqual([0, '']);
  const { model, settings } = JSON.parse(await readFile(join(folder, 'configured/range-test.json'), 'utf8'));
  expect(model.hidden).toEqual([4]);
  expect(settings).not.toHaveProperty('schedule');
});

it.each([
  [['--start', '0'], '--start is 0; it must be a finite number greater than 0.'],
  [['--start', '2', '--end', '1'], '--end is 1; it must be more than start, which is 2.'],
  [['--steps', '1.5'], '--steps is 1.5; it must be an integer at least 1.'],
  [['--smoothing', '1'], /--smoothing is 1; it must be a finite number .*less than 1\./],
  [['--lr', '1'], /unknown option '--lr'/],
])('refuses %j', async (args, message) => {
  const { code, stderr } = await runHere([...made, ...args], { cwd: folder });
  expect(code).toBe(2);
  if (typeof message === 'string') expect(stderr).toContain(message);
  else expect(stderr).toMatch(message);
});

it('refuses a folder that it cannot write to', async () => {
  await writeFile(join(folder, 'file'), '');
  const { code, stderr } = await runHere([...made, '--steps', '1', '--out', 'file'], { cwd: folder });
  expect(code).toBe(1);
  expect(stderr).toMatch(/The range test cannot be saved: .*Give another --out\./s);
});

it('stops after its step on Ctrl-C, saves nothing, and exits with 130', async () => {
  const { child, ended, output } = start(
    [...made, '--json', '--steps', '1000000', '--end', '1e-6', '--out', 'stopped'],
    { cwd: folder },
  );
  await expect.poll(output).toContain('"step":3');
  child.kill('SIGINT');
  expect((await ended).code).toBe(130);
  expect(existsSync(join(folder, 'stopped/range-test.json'))).toBe(false);
});
