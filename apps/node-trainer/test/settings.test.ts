import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runHere } from './trainer-here';
import { cutMnist, type Ended, events } from './trainer-process';

let folder: string;
const quick = ['--preset', 'published', '--no-verify', '--backend', 'wasm', '--data-dir', 'cut mnist'];

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

  it('gives settings, which the command line overrides, and can be the config.json of a run', async () => {
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
      /error: bad\.json: "dropout" is 1; it must be .* less than 1/,
      2,
    ],
    ['no object', '[]', /The configuration is an array; it must be an object of settings/, 2],
    ['no JSON', '{', /error: bad\.json: It is not JSON/, 1],
    ['JSON cut short', '{"a": 1,\n "b": x}', /error: bad\.json: It is not JSON: Unexpected token .*b": x/, 1],
    ['nothing', 'null', /error: bad\.json: It holds no configuration\./, 1],
  ])('refuses %s, naming the file', async (_, content, message, code) => {
    await writeFile(join(folder, 'bad.json'), content);
    const ended = await run('train', ...quick, '--config', 'bad.json');
    expect(ended.stderr).toMatch(message);
    expect(ended.code).toBe(code);
  });

  it.each([
    ['settings.yaml', 'hidden: [8, 4] # units\nlearningRate: 1e-2\ndropout: 0\n'],
    ['settings.json', '\u{FEFF}{"hidden": [8, 4], "learningRate": 1e-2, "dropout": 0}'],
    ['JSON of whatever name', '\u{FEFF}{\n\t"hidden": [8, 4],\n\t"learningRate": 1e-2, "dropout": 0\n}'],
  ])('is read from %s', async (name, content) => {
    await writeFile(join(folder, name), content);
    const out = `of ${name}`;
    succeeded(await run('train', ...quick, '--config', name, '--epochs', '1', '--out', out));
    expect((await configOf(out)).settings).toMatchObject({
      hidden: [8, 4],
      learningRate: 0.01,
      dropout: 0,
    });
  });

  it.each([
    ['', 'It is empty.'],
    ['a: [', 'It is not YAML: '],
    ['a: 1\na: 2', 'It is not YAML: Map keys must be unique'],
    ['a: 1\n---\na: 2', 'It is not YAML: It holds several documents.'],
    ['# nothing', 'It holds no '],
  ])('refuses the YAML %j', async (content, problem) => {
    await writeFile(join(folder, 'bad.yaml'), content);
    for (const command of ['train', 'lr-find', 'sweep']) {
      const ended = await run(command, '--config', 'bad.yaml');
      expect(ended.stderr).toContain(`error: bad.yaml: ${problem}`);
      expect(ended.code).toBe(1);
    }
  });

  it('is named when it is missing', async () => {
    const ended = await run('train', '--config', 'nowhere.json');
    expect(ended).toMatchObject({
      code: 1,
      stderr: 'error: nowhere.json: The configuration cannot be read: it does not exist.\n',
    });
  });

  it('can be overridden in what it turns off or on', async () => {
    await writeFile(
      join(folder, 'flags.json'),
      JSON.stringify({ kernels: false, verify: true, transpose: true }),
    );
    const flags = ['--kernels', '--no-verify', '--no-transpose'];
    const small = [...quick, '--hidden', '8', '--epochs', '1', '--out', 'flags'];
    succeeded(await run('train', '--config', 'flags.json', ...small, ...flags));
    const { settings } = await configOf('flags');
    expect(settings).toMatchObject({ kernels: true, verify: false });
    // Only the user's own files can be transposed.
    expect(settings).not.toHaveProperty('transpose');
  });

  it('may repeat what a resumed run was started with, but not change it', async () => {
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

  it('is a function of the step, which a resumed run follows to its end and no further', async () => {
    const first = await run('train', ...small, ...cosine, '--lr', '0.1', '--out', 'cosine');
    succeeded(first);
    expect(first.stdout).toMatch(/ train --resume cosine --epochs 4 --schedule constant\n/);
    const rates = await ratesOf('cosine');
    // There are 20 steps, 5 of them warm-up; the epochs end at steps 9 and 19, the 5th and 15th of the other 15.
    const factor = (step: number) => 0.1 * ((1 + Math.cos((Math.PI * step) / 15)) / 2);
    expect(rates[0]).toBeCloseTo(factor(4), 12);
    expect(rates[1]).toBeCloseTo(factor(14), 12);
    const beyond = await run('train', '--resume', 'cosine', '--epochs', '3');
    expect(beyond.stderr).toMatch(/^The schedule has ended at a learning rate of 0, .* --schedule\.\n$/);
    expect((await ratesOf('cosine'))[2]).toBe(0);
    succeeded(await run('train', '--resume', 'cosine', '--epochs', '4', '--schedule', 'constant'));
    expect((await ratesOf('cosine'))[3]).toBe(0.1);
    succeeded(await run('train', '--resume', 'cosine', '--epochs', '5', '--schedule', 'linear'));
    expect((await ratesOf('cosine'))[4]).toBeCloseTo(0.1 / 50, 12);
  });
});

it('A run that ends at a rate of 0 says so once, and how to go on, after a warm-up in steps too', async () => {
  const options = ['--schedule', 'linear', '--warmup', '5', '--hidden', '8', '--batch-size', '100'];
  const { code, stdout } = await run('train', ...quick, ...options, '--epochs', '1', '--out', 'ended');
  expect(code).toBe(0);
  expect(stdout).toMatch(/ train --resume ended --epochs 2 --schedule constant\n/);
  const { stderr } = await run('train', '--resume', 'ended', '--epochs', '3');
  expect(stderr.match(/ended at a learning rate of 0/g)).toHaveLength(1);
});

it('The configuration of a run resumes it as it was, at the rate that it had come to', async () => {
  const options = ['--hidden', '8', '--batch-size', '100', '--lr', '1.2e-8', '--dropout', '0'];
  succeeded(await run('train', ...quick, ...options, '--epochs', '9', '--out', 'reduced'));
  const rateOfLast = async () => {
    const lines = (await readFile(join(folder, 'reduced', 'metrics.jsonl'), 'utf8')).trim().split('\n');
    return JSON.parse(lines.at(-1)!).learningRate;
  };
  const reached = await rateOfLast();
  expect(reached).toBeLessThan(0.5e-8);
  const own = join('reduced', 'config.json');
  succeeded(await run('train', '--resume', 'reduced', '--config', own, '--epochs', '10'));
  expect(await rateOfLast()).toBeLessThanOrEqual(reached);
  await run('train', '--resume', 'reduced', '--config', own, '--epochs', '11', '--lr', '1.2e-8');
  expect(await rateOfLast()).toBe(1.2e-8);
});

it('An unknown option that has the name of a setting is answered with its flag', async () => {
  const { stderr, code } = await run('train', '--learning-rate', '0.1');
  expect(stderr).toMatch(/unknown option '--learning-rate'[\s\S]*Did you mean --lr\?\n$/);
  expect(code).toBe(2);
});

it('A run that ends at almost 0 says how to go on', async () => {
  const options = ['--schedule', 'one-cycle', '--hidden', '8', '--batch-size', '100', '--epochs', '1'];
  const { stdout } = await run('train', ...quick, ...options, '--out', 'cycled');
  expect(stdout).toMatch(/ train --resume cycled --epochs 2 --schedule constant\n/);
});

it('A run with validation data is evaluated without a best test accuracy, which it has none of', async () => {
  const options = ['--hidden', '8', '--batch-size', '100', '--epochs', '1'];
  const summary = async (out: string, ...more: string[]) => {
    succeeded(await run('train', ...quick, ...options, ...more, '--out', out));
    const { stdout } = await run('evaluate', '--model', out, '--json');
    return JSON.parse(stdout.trim().split('\n').at(-1)!);
  };
  const held = await summary('held out', '--validation', '0.1');
  expect(held.testAccuracy).toBeGreaterThan(0);
  expect(held).not.toHaveProperty('bestTestAccuracy');
  const whole = await summary('whole');
  expect(whole.bestTestAccuracy).toBe(whole.testAccuracy);
});

describe('A setting that does not apply', () => {
  it.each([
    ['schedule-gamma', 'step', 'schedule', 'cosine', '--schedule cosine --schedule-gamma 0.5'],
    ['warmup', 'constant', 'schedule', 'plateau', '--schedule plateau --warmup 0.1'],
    ['momentum', 'momentum', 'optimizer', 'adam', '--momentum 0.5'],
    ['momentum', 'momentum', 'optimizer', 'sgd', '--optimizer sgd --momentum 0.5'],
    ['base-freq', 'harmonic', 'activation', 'relu', '--activation relu --base-freq 2'],
    ['transpose', 'own', 'dataset', 'mnist', '--transpose'],
  ])('--%s, which needs %s, is refused while the %s is %s', async (flag, needed, of, is, args) => {
    const ended = await run('train', ...args.split(' '));
    expect(ended.stderr).toMatch(
      new RegExp(`^error: --${flag} applies only with --[a-z-]+ .*\\b${needed}\\b.*, not with `),
    );
    expect(ended.stderr).toContain(`, not with ${is}. Leave --${flag} out, or change --${of}.\n`);
    expect(ended.error).toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect(ended.code).toBe(2);
  });

  it('is refused on resume by what the run was started with', async () => {
    succeeded(await run('train', ...quick, '--hidden', '8', '--epochs', '1', '--out', 'with adam'));
    const ended = await run('train', '--resume', 'with adam', '--epochs', '2', '--momentum', '0.5');
    expect(ended.stderr).toMatch(
      /^error: --momentum applies only with --optimizer momentum, not with adam\./,
    );
  });

  it('is left out of a file where the command line chooses differently', async () => {
    const settings = { schedule: 'cosine', warmup: 0.25, optimizer: 'momentum', momentum: 0.5, hidden: [8] };
    await writeFile(join(folder, 'mixed.json'), JSON.stringify({ ...settings, epochs: 1 }));
    const others = ['--schedule', 'plateau', '--optimizer', 'adam'];
    succeeded(await run('train', ...quick, '--config', 'mixed.json', ...others, '--out', 'mixed'));
    const { settings: of } = await configOf('mixed');
    expect(of).toMatchObject({ schedule: 'plateau', optimizer: 'adam' });
    expect([of.warmup, of.momentum]).toEqual([undefined, undefined]);
  });

  it('is refused in a file, which is named', async () => {
    await writeFile(join(folder, 'momentum.json'), JSON.stringify({ momentum: 0.5 }));
    const ended = await run('train', '--config', 'momentum.json');
    expect(ended.stderr).toBe(
      'error: momentum.json: momentum applies only with optimizer momentum, not with adam. Leave momentum out, or change optimizer.\n',
    );
    expect(ended.error).toMatchObject({ argument: '"momentum"', file: 'momentum.json' });
  });

  it.each([
    [
      { schedule: 'step', scheduleEvery: 1.5 },
      '"scheduleEvery" is 1.5; it must be a fraction of the run less than 1, or a whole number of steps',
    ],
    [
      { hidden: [8], maxFreq: [2, 3] },
      'maxFreq has 2 values for 1 hidden layer; pass a single value, or one per layer',
    ],
    [
      { hidden: [8], validation: 2.5 },
      '"validation" is 2.5; it must be a fraction less than 1, or an integer less than 1000',
    ],
    [{ hidden: [8], epochs: 1, batchSize: 1 }, 'batchSize 1 makes batches of one example'],
  ])('is named with its file where only the run refuses its value: %j', async (settings, message) => {
    await writeFile(join(folder, 'bad.json'), JSON.stringify(settings));
    const ended = await run('train', ...quick, '--config', 'bad.json');
    expect(ended.stderr).toContain(`error: bad.json: ${message}`);
    expect(ended.code).toBe(2);
    // The same on the command line is the command line's.
    const [flag, value] = { scheduleEvery: ['--schedule-every', '1.5'] }[Object.keys(settings).at(-1)!] ?? [];
    if (flag === undefined) return;
    const given = await run('train', ...quick, '--config', 'bad.json', flag, value!);
    expect(given.stderr).toMatch(/^error: --schedule-every is 1\.5/);
  });

  it('is left out of the config.json of a run', async () => {
    succeeded(
      await run('train', ...quick, '--activation', 'relu', '--hidden', '8', '--epochs', '1', '--out', 'relu'),
    );
    succeeded(await run('train', '--config', join('relu', 'config.json'), '--out', 'relu again'));
    expect((await configOf('relu again')).model).toEqual((await configOf('relu')).model);
  });
});

describe('A run of an earlier release', () => {
  it('is resumed with its settings, under their present names', async () => {
    await mkdir(join(folder, 'version 1'));
    const file = fileURLToPath(new URL('fixtures/version-1/last.safetensors', import.meta.url));
    await copyFile(file, join(folder, 'version 1', 'last.safetensors'));
    // It had no others.
    await writeFile(join(folder, 'defaults.json'), JSON.stringify({ labelSmoothing: 0, norm: 'after' }));
    const same = ['--config', 'defaults.json'];
    const ended = await run('train', '--resume', 'version 1', '--epochs', '2', '--json', ...same);
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
