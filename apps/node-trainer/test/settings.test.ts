import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runHere } from './trainer-here';
import { cutMnist, type Ended, events } from './trainer-process';

let folder: string;
const quick = ['--no-verify', '--backend', 'wasm', '--data-dir', 'cut mnist'];

const run = (...args: string[]) =>
  runHere(args, { cwd: folder, env: { HARMONIC_MLP_DATA: join(folder, 'cache') } });

const configOf = async (place: string) =>
  JSON.parse(await readFile(join(folder, place, 'config.json'), 'utf8'));

/** The learning rates at the ends of a run's epochs. */
const ratesOf = async (place: string): Promise<number[]> => {
  const lines = (await readFile(join(folder, place, 'metrics.jsonl'), 'utf8')).trim().split('\n');
  return lines.map((line) => JSON.parse(line).learningRate);
};

const succeeded = ({ code, stderr }: Ended) => expect([code, stderr]).toEqual([0, '']);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'harmonic settings '));
  await mkdir(join(folder, 'cut mnist'));
  await cutMnist(join(folder, 'cut mnist'), 1000, 200);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe('--config', () => {
  const settings = {
    hidden: [24],
    epochs: 1,
    learningRate: 0.003,
    batchSize: 100,
    dataDir: '../cut mnist',
    verify: false,
    backend: 'wasm',
  };

  it('gives settings, which the command line goes before, and the config.json of a run is one', async () => {
    await mkdir(join(folder, 'configs'));
    await writeFile(join(folder, 'configs', 'small.json'), JSON.stringify(settings));
    const file = join('configs', 'small.json');
    succeeded(await run('train', '--config', file, '--lr', '0.01', '--dropout', '0', '--out', 'first'));
    const first = await configOf('first');
    expect(first.settings).toMatchObject({
      ...settings,
      dataDir: join(folder, 'cut mnist'),
      learningRate: 0.01,
      dropout: 0,
      weightDecay: 1e-5,
    });
    expect(first.model).toMatchObject({ hidden: [24], dropout: 0 });
    expect(first.optimizer.learningRate).toBe(0.01);

    succeeded(await run('train', '--config', join('first', 'config.json'), '--out', 'again'));
    expect((await configOf('again')).settings).toEqual(first.settings);
    expect(await readFile(join(folder, 'again', 'metrics.jsonl'), 'utf8').then(timeless)).toEqual(
      await readFile(join(folder, 'first', 'metrics.jsonl'), 'utf8').then(timeless),
    );
  });

  it.each<[string, string, RegExp, number]>([
    [
      'an unknown setting',
      '{"hiden": [8]}',
      /error: bad\.json: There is no setting "hiden"\. Did you mean "hidden"\?/,
      2,
    ],
    ['a flag for a name', '{"lr": 1}', /There is no setting "lr"\. Did you mean "learningRate"\?/, 2],
    [
      'a value out of bounds',
      '{"dropout": 1}',
      /error: bad\.json: --dropout is 1; it must be .* less than 1/,
      2,
    ],
    ['no object', '[]', /The configuration is an array; it must be an object of settings/, 2],
    ['no JSON', '{', /error: bad\.json: It is not JSON/, 1],
  ])('refuses %s, naming the file', async (_, content, message, code) => {
    await writeFile(join(folder, 'bad.json'), content);
    const ended = await run('train', ...quick, '--config', 'bad.json');
    expect(ended.stderr).toMatch(message);
    expect(ended.code).toBe(code);
  });

  it('that is missing is named', async () => {
    const ended = await run('train', '--config', 'nowhere.json');
    expect(ended).toMatchObject({
      code: 1,
      stderr: 'error: nowhere.json: The configuration cannot be read: it does not exist.\n',
    });
  });

  it('may say again what a run that goes on was started with, and nothing else', async () => {
    const small = ['--hidden', '24', '--batch-size', '100', '--epochs', '1', '--out', 'goes on'];
    succeeded(await run('train', ...quick, ...small));
    await writeFile(
      join(folder, 'more.json'),
      JSON.stringify({ hidden: [24], epochs: 2, learningRate: 0.01 }),
    );
    succeeded(await run('train', '--resume', 'goes on', '--config', 'more.json'));
    expect(await ratesOf('goes on')).toEqual([1e-3, 0.01]);
    await writeFile(join(folder, 'other.json'), JSON.stringify({ hidden: [32], epochs: 3 }));
    const ended = await run('train', '--resume', 'goes on', '--config', 'other.json');
    expect(ended.stderr).toMatch(/hidden \[32\] cannot be given with --resume/);
    expect(ended.code).toBe(2);
  });
});

describe('--schedule', () => {
  const small = [...quick, '--hidden', '16', '--batch-size', '100'];
  const cosine = ['--schedule', 'cosine', '--warmup', '0.25', '--epochs', '2'];

  it('is a function of the step, which a run that goes on follows to its end and no further', async () => {
    succeeded(await run('train', ...small, ...cosine, '--lr', '0.1', '--out', 'cosine'));
    const rates = await ratesOf('cosine');
    // 20 steps, 5 of warm-up: the epochs end in steps 9 and 19, the 5th and 15th of 15.
    const factor = (step: number) => 0.1 * ((1 + Math.cos((Math.PI * step) / 15)) / 2);
    expect(rates[0]).toBeCloseTo(factor(4), 12);
    expect(rates[1]).toBeCloseTo(factor(14), 12);
    succeeded(await run('train', '--resume', 'cosine', '--epochs', '3'));
    expect((await ratesOf('cosine'))[2]).toBe(0);
    succeeded(await run('train', '--resume', 'cosine', '--epochs', '4', '--schedule', 'constant'));
    expect((await ratesOf('cosine'))[3]).toBe(0.1);
    succeeded(await run('train', '--resume', 'cosine', '--epochs', '5', '--schedule', 'linear'));
    expect((await ratesOf('cosine'))[4]).toBeCloseTo(0.1 / 50, 12);
  });

  it('refuses the setting of another kind', async () => {
    const ended = await run('train', ...small, '--schedule', 'cosine', '--schedule-gamma', '0.5');
    expect(ended.stderr).toMatch(
      /error: --schedule-gamma is a setting of step, and the schedule is cosine\. Give --schedule step, or leave --schedule-gamma out\./,
    );
    expect(ended.code).toBe(2);
  });
});

describe('A run of an earlier release', () => {
  it('goes on with its settings, under their names of today', async () => {
    await mkdir(join(folder, 'version 1'));
    const file = fileURLToPath(new URL('fixtures/version-1/last.safetensors', import.meta.url));
    await copyFile(file, join(folder, 'version 1', 'last.safetensors'));
    const ended = await run('train', '--resume', 'version 1', '--epochs', '2', '--json');
    succeeded(ended);
    expect(events(ended).at(-1)).toMatchObject({ event: 'summary', epochs: 2 });
    expect((await configOf('version 1')).settings).toMatchObject({
      hidden: [4],
      learningRate: 0.01,
      schedule: 'constant',
      freqScale: 'update',
      batchSize: 512,
    });
    expect(await ratesOf('version 1')).toEqual([0.01, 0.01]);
  });
});

/** Without what another run of the same takes another time for. */
const timeless = (lines: string) => lines.replaceAll(/"seconds":[\d.e-]+/g, '');
