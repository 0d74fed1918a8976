import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { activations } from 'harmonic-mlp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { unchecked } from '../../../test/support/unchecked';
import { runHere } from './trainer-here';
import { cutMnist, type Ended, embedded, events, main, start as startTrainer } from './trainer-process';

const trainImages = 'train-images-idx3-ubyte';
const trainLabels = 'train-labels-idx1-ubyte';
const testImages = 't10k-images-idx3-ubyte';
const testLabels = 't10k-labels-idx1-ubyte';

let folder: string;
/** Real MNIST cut down to 2,000 + 500 images, so that a run takes a second. */
let cut: string;
/** A run on it in a process of its own, as a user starts it: three epochs of a small network. */
let trained: string;
let ofTrained: Ended;
const quick = [
  '--preset',
  'published',
  '--hidden',
  '32',
  '--batch-size',
  '100',
  '--no-verify',
  '--backend',
  'wasm',
];

// Not the user's cache, where backends chosen earlier are kept.
const place = () => ({ cwd: folder, env: { HARMONIC_MLP_DATA: join(folder, 'cache') } });
const start = (args: string[]) => startTrainer(args, place());

/** Runs the command line in this process, which is a hundred times quicker where little is computed. */
const here = (...args: string[]) => runHere(args, place());

/** The weights of a model file: what follows its header. */
async function weightsIn(file: string): Promise<Buffer> {
  const model = await readFile(join(folder, file));
  return model.subarray(8 + Number(model.readBigUInt64LE()));
}

/** What does not depend on how fast the machine is. */
const timeless = ({ seconds: _, stepsPerSecond: __, threads: ___, ...event }: Record<string, unknown>) =>
  event;

/** Without the number of threads, which some runs try. */
const withoutThreads = (all: ReturnType<typeof events>) => all.filter(({ event }) => event !== 'threads');

const configOf = async (place: string) =>
  JSON.parse(await readFile(join(folder, place, 'config.json'), 'utf8'));

beforeAll(async () => {
  expect(existsSync(main), `${main} is there: build first, as "pnpm test" does`).toBe(true);
  folder = await mkdtemp(join(tmpdir(), 'harmonic trainer é '));
  cut = join(folder, 'cut mnist');
  await mkdir(cut);
  await cutMnist(cut, 2000, 500);
  trained = join(folder, 'trained');
  ofTrained = await start([
    'train',
    '--json',
    ...quick,
    '--data-dir',
    cut,
    '--epochs',
    '3',
    '--out',
    'trained',
  ]).ended;
  expect(ofTrained.code, ofTrained.stderr).toBe(0);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe('train', () => {
  it('computes with the SIMD kernels unless it is told not to, and says so', async () => {
    const computes = [];
    for (const flags of [[], ['--no-kernels']]) {
      const place = join(folder, `kernels-${flags.length}`);
      const train = ['train', ...quick, '--data-dir', cut, '--epochs', '1', '--out', place];
      const ended = await here(...train, ...flags);
      expect(ended.code, ended.stderr).toBe(0);
      const config = JSON.parse(await readFile(join(place, 'config.json'), 'utf8'));
      expect(ended.stdout).toContain(`\n${config.computes}, batches of`);
      computes.push(config.computes);
    }
    expect(computes).toEqual([
      expect.stringMatching(/^wasm backend with (relaxed )?SIMD kernels$/),
      'wasm backend',
    ]);
  });

  it('prints one JSON object a line: each epoch, and last the summary', () => {
    expect(ofTrained.stderr).toBe('');
    const [first, second, third, summary, ...rest] = withoutThreads(events(ofTrained));
    expect(rest).toEqual([]);
    expect(first).toEqual({
      event: 'epoch',
      epoch: 1,
      trainLoss: expect.any(Number),
      trainAccuracy: expect.any(Number),
      testAccuracy: expect.any(Number),
      seconds: expect.any(Number),
    });
    expect(second.epoch).toBe(2);
    expect(second.trainLoss).toBeLessThan(first.trainLoss);
    expect(summary).toEqual({
      event: 'summary',
      backend: 'wasm',
      epochs: 3,
      testAccuracy: third.testAccuracy,
      bestTestAccuracy: Math.max(first.testAccuracy, second.testAccuracy, third.testAccuracy),
      captured: true,
      threads: expect.any(Number),
      stepsPerSecond: expect.any(Number),
      seconds: expect.any(Number),
    });
    expect(summary.testAccuracy).toBeGreaterThan(0.6);
  });

  it('gives the same run for the same seed, to the bit, and a different one for another seed', async () => {
    const again = async (seed: string, out: string) => {
      const args = [
        'train',
        '--json',
        ...quick,
        '--data-dir',
        cut,
        '--epochs',
        '3',
        '--seed',
        seed,
        '--out',
        out,
      ];
      return withoutThreads(events(await here(...args))).map(timeless);
    };
    expect(await again('0', 'same')).toEqual(withoutThreads(events(ofTrained)).map(timeless));
    await again('1', 'other');
    for (const file of ['best.safetensors', 'last.safetensors']) {
      const weights = await weightsIn(join('trained', file));
      expect((await weightsIn(join('same', file))).equals(weights)).toBe(true);
      expect((await weightsIn(join('other', file))).equals(weights)).toBe(false);
    }
  });

  it('has as many threads as it is told to, and says so, with the same result', async () => {
    const runs = [];
    for (const threads of [2, 1]) {
      const out = `threads ${threads}`;
      const args = [...quick, '--data-dir', cut, '--epochs', '1', '--threads', String(threads)];
      const { stdout } = await here('train', ...args, '--out', out);
      expect(await configOf(out)).toMatchObject({ settings: { threads }, captured: true, threads });
      runs.push({ stdout, weights: await weightsIn(join(out, 'last.safetensors')) });
    }
    const [two, one] = runs;
    expect(two.stdout).toMatch(/kernels on 2 threads, batches of/);
    expect(two.stdout).toMatch(/Speed +[\d.]+ steps\/s on wasm with 2 threads\n/);
    expect(one.stdout).not.toMatch(/(on|with) \d threads?/);
    expect(two.weights.equals(one.weights)).toBe(true);
    const refused = await here('train', '--threads', 'some');
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(
      /--threads is "some"; it must be an integer at least 1 and at most 64 or auto\./,
    );
  });

  it('prints a table for people, and the results', async () => {
    const ended = await here('train', ...quick, '--data-dir', cut, '--epochs', '1', '--out', 'people');
    expect(ended.stdout).toMatch(/2,000 training and 500 test images/);
    expect(ended.stdout).toMatch(/epoch {5}loss {4}train {5}test {5}best {7}lr {9}time\n {4}1 {3}\d\.\d{4}/);
    expect(ended.stdout).toMatch(
      /Results\n {2}Test accuracy {7}\d\d\.\d\d%\n[\s\S]*Saved in {12}people\n\nNext\n/,
    );
    expect(ended.stderr).toBe('');
  });

  it('saves the resolved configuration and the metrics with the models', async () => {
    expect((await readdir(trained)).sort()).toEqual([
      'best.safetensors',
      'checkpoints',
      'config.json',
      'events.jsonl',
      'last.safetensors',
      'metrics.jsonl',
    ]);
    const config = JSON.parse(await readFile(join(trained, 'config.json'), 'utf8'));
    expect(config).toMatchObject({
      model: { hidden: [32], activation: 'harmonic', maxFreq: [5], seed: 0 },
      settings: { batchSize: 100, learningRate: 1e-3, freqScale: 'gradient', epochs: 3, dataDir: cut },
      optimizer: { learningRate: 1e-3, epsilon: 1e-8, weightDecay: 1e-5 },
      floatPrecision: 32,
      data: { dataset: 'mnist', directory: cut, verified: false, training: 2000, test: 500 },
      backend: 'wasm',
      versions: { tfjs: '4.22.0', node: process.version },
    });
    const metrics = (await readFile(join(trained, 'metrics.jsonl'), 'utf8')).trim().split('\n');
    expect(metrics.map((line) => JSON.parse(line).epoch)).toEqual([1, 2, 3]);
  });

  it('never overwrites an earlier run', async () => {
    const args = ['train', ...quick, '--data-dir', cut, '--epochs', '1', '--out', 'twice'];
    await here(...args);
    const before = await readFile(join(folder, 'twice', 'best.safetensors'));
    const second = await here(...args, '--seed', '9');
    expect(second.stdout).toContain(
      `The earlier run in twice has been moved to ${join('twice', 'earlier-1')}.`,
    );
    expect(await readFile(join(folder, 'twice', 'earlier-1', 'best.safetensors'))).toEqual(before);
  });

  it('takes every option of the model and the optimizer', async () => {
    const ended = await here(
      ...['train', '--json', '--no-verify', '--data-dir', cut, '--epochs', '1', '--batch-size', '50'],
      ...['--preset', 'published'],
      ...[
        '--lr',
        '3e-3',
        '--hidden',
        '24,16',
        '--base-freq',
        '1,0.5',
        '--max-freq',
        '4',
        '--residual',
        '0.2',
      ],
      ...['--freq-scale-factor', '0.2', '--freq-scale', 'update', '--dropout', '0', '--weight-decay', '0'],
      ...['--seed', '5', '--backend', 'cpu', '--out', 'options'],
    );
    expect(ended.stderr).toBe('');
    expect(events(ended).at(-1)).toMatchObject({ event: 'summary', backend: 'cpu', epochs: 1 });
    const config = JSON.parse(await readFile(join(folder, 'options', 'config.json'), 'utf8'));
    expect(config.model).toMatchObject({
      hidden: [24, 16],
      baseFreq: [1, 0.5],
      maxFreq: [4, 4],
      residual: 0.2,
      dropout: 0,
      seed: 5,
    });
    expect(config.settings).toMatchObject({
      learningRate: 3e-3,
      freqScaleFactor: 0.2,
      freqScale: 'update',
      weightDecay: 0,
    });
  });

  it('cuts the learning rate on a plateau, or keeps it constant, also when resumed', async () => {
    const rates = async (out: string) => {
      const lines = (await readFile(join(folder, out, 'metrics.jsonl'), 'utf8')).trim().split('\n');
      return lines.map((line) => JSON.parse(line).learningRate);
    };
    // A rate so small that three epochs do not improve the loss by a factor of 1e-4, but large enough to be cut.
    const still = ['train', ...quick, '--data-dir', cut, '--lr', '1.2e-8', '--dropout', '0', '--epochs', '9'];
    await here(...still, '--out', 'plateau');
    expect((await rates('plateau')).at(-1)).toBeLessThan(0.5e-8);
    await here(...still, '--out', 'constant', '--schedule', 'constant');
    expect(await rates('constant')).toEqual(Array(9).fill(1.2e-8));
    const resumed = await here('train', '--resume', 'constant', '--epochs', '10');
    expect(resumed.code, resumed.stderr).toBe(0);
    expect(await rates('constant')).toEqual(Array(10).fill(1.2e-8));
  });

  it.each(['relu', 'linear'])('trains %s layers', async (activation) => {
    const ended = await here(
      ...['train', '--json', ...quick, '--data-dir', cut, '--epochs', '1', '--activation', activation],
    );
    expect(events(ended).at(-1).testAccuracy).toBeGreaterThan(0.6);
  });
});

// Windows has no way to send a process another's Ctrl-C.
const signals = it.skipIf(process.platform === 'win32');

describe('an interrupted run', () => {
  const long = ['train', ...quick, '--epochs', '1000'];

  /** Starts a long run and waits until its first epoch is done. */
  async function started(out: string, ...more: string[]) {
    const process_ = start([...long, '--data-dir', cut, '--out', out, ...more]);
    while (!/\n {4}1 {3}\d/.test(process_.output()) && process_.child.exitCode === null) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return process_;
  }

  signals('stops after its step on Ctrl-C, saves, exits with 130, and resumes to the same end', async () => {
    const { child, ended } = await started('interrupted');
    child.kill('SIGINT');
    const { code, stderr } = await ended;
    expect(code).toBe(130);
    const saved = join('interrupted', 'last.safetensors');
    expect(stderr).toMatch(
      /Interrupted at step \d+ of 20 in epoch \d+, and saved\. Resume with: \S.* train --resume /,
    );
    expect(stderr).toContain(saved);

    const epochs = (await readFile(join(folder, 'interrupted', 'metrics.jsonl'), 'utf8'))
      .trim()
      .split('\n').length;
    const total = String(epochs + 2);
    const resumed = await here(
      'train',
      '--resume',
      saved,
      '--data-dir',
      cut,
      '--no-verify',
      '--epochs',
      total,
      '--json',
    );
    expect(resumed.stderr).toBe('');
    const whole = await here(
      'train',
      ...quick,
      '--data-dir',
      cut,
      '--epochs',
      total,
      '--json',
      '--out',
      'whole',
    );
    expect(events(resumed).map(timeless)).toEqual(events(whole).slice(epochs).map(timeless));
    const end = await weightsIn(join('whole', 'last.safetensors'));
    expect((await weightsIn(saved)).equals(end)).toBe(true);
  });

  signals('also saves when Ctrl-C arrives twice at once, as some shells forward it', async () => {
    const { child, ended } = await started('twice at once');
    child.kill('SIGINT');
    child.kill('SIGINT');
    setTimeout(() => child.kill('SIGINT'), 5);
    expect((await ended).code).toBe(130);
    const evaluated = await here(
      'evaluate',
      '--model',
      join('twice at once', 'last.safetensors'),
      '--data-dir',
      cut,
      '--no-verify',
    );
    expect(evaluated.code, evaluated.stderr).toBe(0);
    expect((await readdir(join(folder, 'twice at once'))).filter((name) => name.endsWith('.tmp'))).toEqual(
      [],
    );
  });

  it('resumes with its own data and settings, even in another folder', async () => {
    const resumed = await here('train', '--resume', trained, '--epochs', '4', '--out', 'elsewhere', '--json');
    expect(resumed.stderr).toBe('');
    expect(events(resumed).at(-1).epochs).toBe(4);
    const place = join(folder, 'elsewhere');
    expect((await readdir(place)).sort()).toEqual([
      'best.safetensors',
      'config.json',
      'events.jsonl',
      'last.safetensors',
      'metrics.jsonl',
    ]);
    expect((await readFile(join(place, 'metrics.jsonl'), 'utf8')).trim().split('\n')).toHaveLength(4);
    expect(JSON.parse(await readFile(join(place, 'config.json'), 'utf8')).data.directory).toBe(cut);
  });

  it.each<[string, string[], number, object, RegExp]>([
    [
      'other images',
      ['--data-dir', embedded, '--epochs', '9'],
      1,
      { code: 'CHECKSUM_MISMATCH', argument: 'dataDir', value: embedded },
      /last\.safetensors: The training images are not those of this run\. Pass the --data-dir/,
    ],
    [
      'no more epochs',
      ['--epochs', '3'],
      2,
      { code: 'INVALID_ARGUMENT', argument: 'epochs', value: 3, allowed: 'an integer at least 4' },
      /The run already has 3 epochs\. Use --epochs 4 or more\./,
    ],
    [
      'another setting',
      ['--batch-size', '50', '--epochs', '9'],
      2,
      { code: 'INVALID_ARGUMENT', argument: 'batchSize' },
      /--batch-size cannot be given with --resume.* may change: --epochs, --lr, .*--schedule, /,
    ],
    [
      'another model',
      ['--hidden', '8', '--epochs', '9'],
      2,
      { code: 'INVALID_ARGUMENT', argument: 'hidden' },
      /--hidden cannot be given with --resume/,
    ],
  ])('is not resumed with %s, and stays as it was', async (_, more, code, fields, message) => {
    const files = () =>
      Promise.all(
        Object.values(['config.json', 'last.safetensors', 'metrics.jsonl']).map((name) =>
          readFile(join(trained, name)),
        ),
      );
    const before = await files();
    const ended = await here('train', '--resume', trained, ...more);
    expect(ended.error).toMatchObject(fields);
    expect(ended.stderr).toMatch(message);
    expect(ended.code).toBe(code);
    expect(await files()).toEqual(before);
  });

  signals('leaves whole files behind when it is killed', async () => {
    const { child, ended } = await started('killed');
    child.kill('SIGKILL');
    expect((await ended).signal).toBe('SIGKILL');
    for (const file of ['last.safetensors', 'best.safetensors']) {
      const evaluated = await here(
        'evaluate',
        '--model',
        join('killed', file),
        '--data-dir',
        cut,
        '--no-verify',
      );
      expect(evaluated.code, evaluated.stderr).toBe(0);
    }
  });
});

describe('evaluate', () => {
  it('ends in the same summary event', async () => {
    const ended = await here('evaluate', '--model', trained, '--data-dir', cut, '--no-verify', '--json');
    expect(ended.code).toBe(0);
    const accuracies = (await readFile(join(trained, 'metrics.jsonl'), 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).validation.accuracy);
    const best = Math.max(...accuracies);
    expect(events(ended)).toEqual([
      {
        event: 'summary',
        backend: 'wasm',
        epochs: accuracies.indexOf(best) + 1,
        testAccuracy: best,
        bestTestAccuracy: best,
        stepsPerSecond: expect.any(Number),
        seconds: expect.any(Number),
      },
    ]);
  });

  it('gives the same accuracy on cpu, for all of the embedded MNIST', async () => {
    const accuracies = [];
    for (const backend of ['wasm', 'cpu']) {
      const ended = await here(
        'evaluate',
        ...['--model', trained, '--dataset', 'mnist', '--json', '--backend', backend],
      );
      accuracies.push(events(ended)[0].testAccuracy);
    }
    expect(Math.abs(accuracies[0] - accuracies[1])).toBeLessThanOrEqual(2e-4);
    expect(accuracies[0]).toBeGreaterThan(0.7);
  });

  it('finds the newest run by itself', async () => {
    const place = join(folder, 'runs', '2026-01-01T00-00-00');
    await cp(trained, place, { recursive: true });
    const ended = await here('evaluate', '--data-dir', cut, '--no-verify');
    expect(ended.stdout).toMatch(/^runs.*safetensors: trained for \d epochs?\nTest accuracy/);
  });
});

describe('predict', () => {
  it('draws the digit and gives the probabilities', async () => {
    const ended = await here('predict', '0', '--model', trained);
    expect(ended.code).toBe(0);
    expect(ended.stdout).toMatch(/████/);
    expect(ended.stdout).toMatch(/Test image 0 is a 7; the model says \d: (right|wrong)\./);
    expect(ended.stdout.match(/^\d {2,}\d+\.\d%/gm)).toHaveLength(10);
  });

  it('prints JSON', async () => {
    const ended = await here('predict', '0', '--model', trained, '--json');
    const [{ probabilities, ...prediction }] = events(ended);
    expect(prediction).toEqual({
      event: 'prediction',
      index: 0,
      label: 7,
      prediction: probabilities.indexOf(Math.max(...probabilities)),
    });
    expect(probabilities.reduce((a: number, b: number) => a + b)).toBeCloseTo(1, 5);
  });
});

describe('bad input', () => {
  it.each<[string[], RegExp]>([
    [['train', '--epoch', '3'], /unknown option '--epoch'\n\(Did you mean --epochs\?\)/],
    [['trian'], /unknown command 'trian'\n\(Did you mean train\?\)/],
    [['train', 'more'], /too many arguments/],
    [['train', '--out', ''], /'--out <dir>' argument '' is invalid. It must not be empty/],
    [['train', '--data-dir', ' '], /'--data-dir <dir>' argument ' ' is invalid. It must not be empty/],
    [['train', '--lr'], /'--lr <rate>' argument missing/],
    [['predict'], /Pass the number of a test example, a file, or --input/],
  ])('refuses the usage %j', async (args, message) => {
    const ended = await here(...args);
    expect(ended.stderr).toMatch(message);
    expect(ended.stderr).not.toMatch(/\n {4}at /);
    expect(ended.code).toBe(2);
  });

  it.each<[string[], string, unknown]>([
    [['--epochs', '0'], '--epochs', 0],
    [['--epochs', '1e3'], '--epochs', '1e3'],
    [['--batch-size', '12.5'], '--batch-size', '12.5'],
    [['--hidden', '512,-3'], '--hidden', -3],
    [['--hidden', '512,,3'], '--hidden', ''],
    [['--hidden', '999999999999'], 'hidden', [999_999_999_999]],
    [['--lr', '0x10'], '--lr', '0x10'],
    [['--lr', 'fast'], '--lr', 'fast'],
    [['--dropout', '1'], '--dropout', 1],
    [['--max-freq', '0'], '--max-freq', 0],
    [['--max-freq', '1,2,3'], 'maxFreq', [1, 2, 3]],
    [['--seed', '-1'], '--seed', -1],
  ])('refuses the values %j', async (args, argument, value) => {
    const { code, stderr, error } = await here('train', ...args);
    expect(error).toMatchObject({ code: 'INVALID_ARGUMENT', argument, value });
    // By its name on the command line.
    expect(stderr).toMatch(new RegExp(`^error: ${args[0]} [^\n]*\n$`));
    expect(code).toBe(2);
  });

  it.each([
    [
      'train',
      '--activation',
      'harmonc',
      activations.map((name) => JSON.stringify(name)).join(', '),
      'harmonic',
    ],
    ['train', '--freq-scale', 'weights', '"gradient", "update"', undefined],
    ['train', '--backend', 'cuda', '"auto", "webgpu", "tensorflow", "wasm", "cpu"', undefined],
    ['evaluate', '--backend', 'auto', '"webgpu", "tensorflow", "wasm", "cpu"', undefined],
  ])('%s names the choices of %s instead of %s', async (command, argument, value, choices, near) => {
    const { code, stderr, error } = await here(command, argument, value);
    expect(error).toMatchObject({ code: 'INVALID_ARGUMENT', argument, value });
    expect(stderr).toContain(`; it must be one of ${choices}.`);
    expect(stderr.match(/Did you mean "(.*)"\?\n$/)?.[1]).toBe(near);
    expect(code).toBe(2);
  });

  it('says what is wrong with a value, what is allowed, and what to do', async () => {
    expect((await here('train', '--epochs', '0')).stderr).toBe(
      'error: --epochs is 0; it must be an integer at least 1.\n',
    );
    const { code, stderr } = await here('train', '--batch-size', '1');
    expect(stderr).toContain('Choose a --batch-size of at least 2');
    expect(code).toBe(2);
  });

  it('refuses an image that is not there', async () => {
    const ended = await here('predict', '500', '--model', trained, '--data-dir', cut, '--no-verify');
    expect(ended).toMatchObject({
      code: 2,
      stderr: 'error: There is no test image 500: the 500 images are numbered 0 to 499.\n',
      error: { code: 'INVALID_ARGUMENT', argument: 'image', value: 500 },
    });
  });

  /** A folder with the cut-down files, one of them changed. */
  async function broken(name: string, change: (bytes: Buffer) => Uint8Array | undefined): Promise<string> {
    const place = await mkdtemp(join(folder, 'broken '));
    await cp(cut, place, { recursive: true });
    const changed = change(await readFile(join(place, name)));
    if (changed === undefined) await rm(join(place, name));
    else await writeFile(join(place, name), changed);
    return place;
  }

  it.each<[string, string, (bytes: Buffer) => Uint8Array | undefined, RegExp]>([
    [
      'missing',
      testLabels,
      () => undefined,
      /t10k-labels-idx1-ubyte: The file is missing; tried .*\. Put it in that folder, or choose another --data-dir\.$/m,
    ],
    ['truncated', trainImages, (bytes) => bytes.subarray(0, 5000), /train-images-idx3-ubyte/],
    ['over-long', trainLabels, (bytes) => Buffer.concat([bytes, Buffer.of(1)]), /train-labels-idx1-ubyte/],
    ['of another type', testImages, (bytes) => bytes.fill(0x0d, 2, 3), /float32 \(0x0d\)/],
    ['not an IDX file', testImages, () => Buffer.from('<html>404</html>'), /t10k-images-idx3-ubyte/],
    ['cut short in gzip', testImages, (bytes) => gzipSync(bytes).subarray(0, 9000), /t10k-images-idx3-ubyte/],
    [
      'with a label outside the classes',
      trainLabels,
      (bytes) => bytes.fill(11, 20, 21),
      /train-labels-idx1-ubyte: labels\[12\] is 11; it must be an integer from 0 to 9\.$/m,
    ],
    [
      'with fewer labels than images',
      testLabels,
      () => Buffer.from([0, 0, 8, 1, 0, 0, 0, 1, 5]),
      /t10k-labels-idx1-ubyte/,
    ],
  ])('refuses a data file that is %s', async (_, name, change, message) => {
    const place = await broken(name, change);
    const ended = await here('train', ...quick, '--data-dir', place, '--out', 'never');
    expect(ended.stderr).toMatch(message);
    expect(ended.stderr).toMatch(/^error: /);
    expect(ended.stderr.trim().split('\n')).toHaveLength(1);
    expect(ended.code).toBe(1);
    expect(existsSync(join(folder, 'never'))).toBe(false);
  });

  it('refuses files that are not the published ones, unless told not to verify', async () => {
    const ended = await here('train', '--data-dir', cut);
    expect(ended.code).toBe(1);
    expect(ended.stderr).toMatch(/checksum|SHA-256/i);
  });

  it.each<[string, string[], string, string]>([
    ['a missing model', ['evaluate', '--model', 'nowhere'], 'UNREADABLE', 'nowhere'],
    ['a file of another kind', ['evaluate', '--model', main], 'INVALID_DATA', main],
    ['a missing data folder', ['train', '--data-dir', 'nowhere'], 'FILE_NOT_FOUND', 'nowhere'],
    ['an output folder that is a file', ['train', '--out', main], 'UNWRITABLE', main],
    ['an output folder in a file', ['train', '--out', join(main, 'in')], 'UNWRITABLE', join(main, 'in')],
    ['a run to resume that is missing', ['train', '--resume', 'nowhere'], 'UNREADABLE', 'nowhere'],
  ])('fails clearly for %s', async (_, args, code, file) => {
    const ended = await here(...args);
    expect(ended.error).toMatchObject({ code, file: expect.stringContaining(file) });
    expect(ended.stderr).toMatch(/^error: .*\n$/);
    expect(ended.stderr).toContain(`${file}: `);
    expect(ended.code).toBe(1);
  });

  it('says why a file cannot be read, or a folder cannot be written to', async () => {
    const file = join(folder, 'nowhere');
    expect((await here('evaluate', '--model', file)).stderr).toBe(
      `error: ${file}: The model cannot be read: it does not exist.\n`,
    );
    expect((await here('train', '--out', main)).stderr).toBe(
      `error: ${main}: The output folder cannot be written to: there is a file with that name. Give another --out.\n`,
    );
  });

  it.each<[string, string, string, RegExp]>([
    [
      'activation',
      'harmonic\\",\\"baseFreq',
      'harmonix\\",\\"baseFreq',
      /has the activation "harmonix", which is not registered/,
    ],
    ['sizes', '\\"hidden\\":[32]', '\\"hidden\\":[-2]', /configuration is damaged: hidden\[0\] is -2/],
    [
      'history',
      '\\"history\\":[{',
      '\\"historx\\":[{',
      /training run is damaged: history is undefined; it must be a list/,
    ],
    ['step', '\\"step\\":0', '\\"step\\":x', /"training" is missing or is not JSON/],
  ])('names the model file and what is damaged in it: %s', async (what, from, to, message) => {
    const damaged = Buffer.from(unchecked(await readFile(join(trained, 'last.safetensors'))));
    expect(damaged.indexOf(from), `${what} is in the file`).toBeGreaterThan(0);
    damaged.write(to, damaged.indexOf(from));
    await writeFile(join(folder, 'damaged.safetensors'), damaged);
    for (const args of [
      ['evaluate', '--model'],
      ['predict', '0', '--model'],
      ['train', '--resume'],
    ]) {
      const ended = await here(...args, 'damaged.safetensors');
      expect(ended.stderr).toMatch(message);
      expect(ended.stderr).toMatch(/^error: damaged\.safetensors: .*\n$/);
      expect(ended.code).toBe(1);
    }
  });

  it('leaves an earlier run in place when a new one is refused', async () => {
    const before = await readdir(trained);
    const ended = await here('train', ...quick, '--data-dir', cut, '--max-freq', '1,2', '--out', trained);
    expect(ended.code).toBe(2);
    expect(await readdir(trained)).toEqual(before);
  });

  it('refuses a truncated model file', async () => {
    const bytes = await readFile(join(trained, 'best.safetensors'));
    await writeFile(join(folder, 'short.safetensors'), bytes.subarray(0, bytes.length - 100));
    const ended = await here('evaluate', '--model', 'short.safetensors');
    expect(ended.code).toBe(1);
    expect(ended.stderr).toMatch(/not a whole safetensors file: its tensors take \d+ bytes, but \d+ follow/);
  });

  it('stops a diverging run, and says what to do', async () => {
    const ended = await here(
      'train',
      ...quick,
      '--data-dir',
      cut,
      '--epochs',
      '2',
      '--lr',
      '1e38',
      '--out',
      'diverged',
    );
    expect(ended.code).toBe(1);
    expect(ended.error).toMatchObject({ code: 'DIVERGED' });
    expect(ended.stderr).toMatch(
      /^error: The training loss is .* at step \d+ of epoch 1: training diverged.*Lower the .* Nothing was saved, since no epoch had finished: start again with --lr 1e\+37\.\n$/,
    );
  });

  it('shows a stack trace only with --debug', async () => {
    const ended = await here('evaluate', '--model', 'nowhere', '--debug');
    expect(ended.code).toBe(1);
    expect(ended.stderr).toMatch(/\n {4}at /);
  });

  it('prints help and its version on standard output', async () => {
    const help = await here('train', '--help');
    expect(help).toMatchObject({ code: 0, stderr: '' });
    expect(help.stdout).toMatch(/--freq-scale-factor <f>/);
    expect(await here('--version')).toMatchObject({ code: 0, stdout: '0.0.0\n' });
  });
});
