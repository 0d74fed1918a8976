import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { presetSettings } from 'harmonic-mlp/settings';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resolveValues } from '../src/experiment';
import { readRunToResume } from '../src/saved-run';
import { runHere } from './trainer-here';
import { cutMnist, type Ended, events, start } from './trainer-process';

let folder: string;
const recommended = presetSettings('recommended');
const published = {
  activation: 'harmonic',
  norm: 'after',
  dropout: 0.2,
  schedule: 'plateau',
  freqScaleFactor: 0.1,
};
const images = ['--data-dir', 'cut', '--no-verify', '--backend', 'wasm'];
const small = ['--hidden', '8', '--epochs', '1'];

const run = (...args: string[]) => runHere(args, { cwd: folder });

const succeeded = ({ code, stderr }: Ended) => expect([code, stderr]).toEqual([0, '']);

const settingsOf = async (place: string) =>
  JSON.parse(await readFile(join(folder, place, 'config.json'), 'utf8')).settings;

/** Trains, and reads what the run notes of its settings. */
async function trained(out: string, ...args: string[]) {
  succeeded(await run('train', '--out', out, ...args));
  return settingsOf(out);
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'harmonic presets '));
  await mkdir(join(folder, 'cut'));
  await cutMnist(join(folder, 'cut'), 500, 100);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe('train', () => {
  it('takes what is recommended, beneath what is given', async () => {
    const settings = await trained('usual', ...images, ...small, '--dropout', '0.45', '--lr', '0.02');
    expect(settings).toMatchObject({
      ...recommended,
      ...{ hidden: [8], epochs: 1, dropout: 0.45, learningRate: 0.02 },
    });
  });

  it('takes what was published if asked', async () => {
    const settings = await trained('published', ...images, ...small, '--preset', 'published');
    expect(settings).toMatchObject({ ...published, hidden: [8], learningRate: 1e-3, labelSmoothing: 0 });
    expect(settings).not.toHaveProperty('periods');
  });

  it('takes neither periods nor a rate that belong to another activation or optimizer', async () => {
    const settings = await trained(
      'other',
      ...[...images, ...small, '--activation', 'harmonic', '--optimizer', 'momentum'],
    );
    expect(settings).toMatchObject({
      baseFreq: [1],
      maxFreq: [5],
      learningRate: 0.01,
      norm: recommended.norm,
    });
  });

  it('takes the defaults of data made by a formula, unless a preset is asked for', async () => {
    const made = ['--dataset', 'waves', '--backend', 'wasm', '--epochs', '1'];
    expect(await trained('made', ...made)).toMatchObject({ hidden: [64], norm: 'none', learningRate: 0.01 });
    const { hidden, schedule, learningRate } = recommended;
    const asked = await trained('asked', ...made, '--preset', 'recommended');
    expect(asked).toMatchObject({
      hidden,
      schedule,
      learningRate,
      norm: recommended.norm,
      standardizeInputs: false,
    });
    expect(asked).not.toHaveProperty('labelSmoothing');
    // Its periods do not suit these data, as it says.
    expect((await run('train', '--out', 'paper', ...made, '--preset', 'published')).code).toBe(0);
    expect(await settingsOf('paper')).toMatchObject({
      ...published,
      hidden: [512, 256],
      learningRate: 0.001,
      baseFreq: [1, 1],
    });
    // What a run says of its defaults is true.
    const { stdout } = await run('train', ...made, '--preset', 'recommended', '--out', 'told');
    expect(stdout).not.toContain('--norm none');
    const shown = await run('runs', 'show', 'asked');
    expect(shown.stdout).toMatch(/Preset +recommended/);
    expect((await run('runs', 'show', 'made')).stdout).toContain('\nSettings other than the defaults\n');
  });

  it('takes that of a file, which the command line overrides', async () => {
    await writeFile(join(folder, 'own.yaml'), 'preset: published\nhidden: [8]\nepochs: 1\n');
    const ofFile = [...images, '--config', 'own.yaml'];
    expect(await trained('of file', ...ofFile)).toMatchObject({ ...published, hidden: [8] });
    expect(await trained('of both', ...ofFile, '--preset', 'recommended')).toMatchObject({
      ...recommended,
      ...{ hidden: [8], epochs: 1 },
    });
    await writeFile(join(folder, 'nearly.yaml'), 'prset: published\n');
    expect((await run('train', ...images, '--config', 'nearly.yaml')).stderr).toBe(
      'error: nearly.yaml: There is no setting "prset". Did you mean "preset"?\n',
    );
    await writeFile(join(folder, 'bad.yaml'), 'preset: best\n');
    const { code, stderr } = await run('train', ...images, '--config', 'bad.yaml');
    expect([code, stderr]).toEqual([
      2,
      'error: bad.yaml: "preset" is "best"; it must be one of "published", "recommended".\n',
    ]);
  });

  it('is not changed by a preset where a run is repeated from its file, or resumed', async () => {
    const before = await trained('first', ...images, ...small, '--preset', 'published');
    expect(await trained('again', '--config', join('first', 'config.json'))).toEqual(before);
    // Earlier versions did not know all settings.
    const { settings, ...others } = JSON.parse(await readFile(join(folder, 'first', 'config.json'), 'utf8'));
    const { noise, inputNoise, labelSmoothing, ...older } = settings;
    await writeFile(join(folder, 'older.json'), JSON.stringify({ ...others, settings: older }));
    expect(await trained('older', '--config', 'older.json')).toEqual(before);
    const saved = await readRunToResume(join(folder, 'first', 'last.safetensors'));
    const given = { onCommandLine: {}, inFile: {} };
    expect(resolveValues({ ...given, preset: 'recommended' }, saved)).toEqual(resolveValues(given, saved));
    succeeded(await run('train', '--resume', 'first', '--epochs', '2'));
    expect(await settingsOf('first')).toEqual({ ...before, epochs: 2 });
    const { code, stderr } = await run(
      ...['train', '--resume', 'first', '--epochs', '3', '--preset', 'recommended'],
    );
    expect(code).toBe(0);
    expect(stderr).toBe('--preset recommended changes nothing: a resumed run keeps its settings.\n');
    expect(await settingsOf('first')).toEqual({ ...before, epochs: 3 });
  });

  it('takes other periods than those of the file of a run', async () => {
    await trained(
      'waves of four',
      ...images,
      ...small,
      '--periods',
      'constant:4',
      '--activation',
      'harmonic',
    );
    const again = ['--config', join('waves of four', 'config.json')];
    expect(await trained('capped', ...again, '--max-freq', '8')).toMatchObject({ maxFreq: [8] });
    const { periods } = await trained(
      'back',
      '--config',
      join('capped', 'config.json'),
      '--periods',
      'constant:2',
    );
    expect(periods).toBe('constant:2');
  });

  it('has no periods without layers, and its model can be read', async () => {
    const bare = await trained('bare', ...images, '--hidden', 'none', '--epochs', '1');
    expect(bare).not.toHaveProperty('periods');
    succeeded(await run('evaluate', '--model', 'bare', '--data-dir', 'cut', '--no-verify'));
    expect(await trained('bare again', '--config', join('bare', 'config.json'))).toEqual(bare);
    succeeded(await run('train', '--resume', 'bare', '--epochs', '2', '--schedule', 'constant'));
  });

  it('refuses a preset that there is not', async () => {
    const { code, stderr } = await run('train', ...images, '--preset', 'best');
    expect(code).toBe(2);
    expect(stderr).toContain('Allowed choices are published, recommended.');
  });
});

describe('runs show', () => {
  const changedIn = async (place: string) => {
    const { preset, changed } = JSON.parse((await run('runs', 'show', place, '--json')).stdout);
    return { preset, changed };
  };

  it('has what differs from the preset with which a run has the most in common', async () => {
    await trained('a', ...images, ...small);
    await trained('b', ...images, ...small, '--preset', 'published');
    const changed = { hidden: [8], epochs: 1, dataDir: join(folder, 'cut'), verify: false };
    expect(await changedIn('a')).toEqual({ preset: 'recommended', changed });
    expect(await changedIn('b')).toEqual({ preset: 'published', changed });
    expect((await run('runs', 'show', 'a')).stdout).toMatch(/Preset +recommended/);
    expect((await run('runs', 'show', 'b')).stdout).toContain('\nSettings other than published\n');
    expect((await run('runs', 'show', 'a')).stdout).toContain('\nSettings other than recommended\n');
  });
});

describe('sweep', () => {
  const inProcesses = (...args: string[]) => start(args, { cwd: folder }).ended;
  const grid = ['sweep', ...images, ...small, '--jobs', '1', '--json'];
  const planOf = async (place: string) =>
    JSON.parse(await readFile(join(folder, place, 'sweep.json'), 'utf8'));
  const trialOf = (place: string, trial: string) => settingsOf(join(place, 'trials', trial));

  it('varies what is recommended, of which each trial takes what belongs to it', async () => {
    const ended = await inProcesses(
      ...grid,
      '--activation',
      `${recommended.activation},relu`,
      '--out',
      'sweep',
    );
    succeeded(ended);
    expect(await planOf('sweep')).toMatchObject({
      preset: 'recommended',
      settings: { hidden: [8], epochs: 1 },
    });
    const { periods, residual, ...others } = recommended;
    const own = { hidden: [8], epochs: 1 };
    expect(await trialOf('sweep', 'c0-s0')).toMatchObject({ ...recommended, ...own });
    const relu = await trialOf('sweep', 'c1-s0');
    expect(relu).toMatchObject({ ...others, ...own, activation: 'relu' });
    expect(relu).not.toHaveProperty('periods');
    const { command } = events(ended).at(-1).best;
    expect(command).toMatch(/ train --hidden 8( --activation relu)? --epochs 1 --data-dir .+ --no-verify$/);
  });

  it('varies what was published if asked, and in the published plans', { tags: 'long' }, async () => {
    succeeded(
      await inProcesses(...grid, '--preset', 'published', '--lr', '1e-3', '--out', 'published sweep'),
    );
    expect(await trialOf('published sweep', 'c0-s0')).toMatchObject(published);
    await writeFile(join(folder, 'sweep.yaml'), 'preset: published\naxes: {learningRate: [0.001]}\n');
    const ofFile = await inProcesses(...grid, '--config', 'sweep.yaml', '--out', 'of file sweep');
    succeeded(ofFile);
    expect(await planOf('of file sweep')).toMatchObject({ preset: 'published' });
    expect(events(ofFile).at(-1).best.command).toContain(' train --preset published --hidden 8 ');
    succeeded(await inProcesses(...grid, '--plan', 'fixed', '--lr', '1e-3', '--out', 'plan'));
    expect(await planOf('plan')).toMatchObject({ preset: 'published' });
  });
});

it('lr-find tests what is recommended, and names the preset that it was given', async () => {
  const find = ['lr-find', ...images, '--hidden', '8', '--steps', '20'];
  const usual = await run(...find);
  const given = await run(...find, '--preset', 'published');
  expect([usual.code, given.code]).toEqual([0, 0]);
  expect(usual.stdout).not.toContain('--preset');
  expect(given.stdout).toMatch(/ train --preset published --hidden 8 /);
  expect(given.stdout).not.toBe(usual.stdout);
});
