import type { ChildProcess } from 'node:child_process';
import { existsSync, readlinkSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { homedir, hostname, tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { runHere } from './trainer-here';
import { cutMnist, main, start as startTrainer } from './trainer-process';

/** Stands in for a program that has files open, as on Windows: renaming to each path that matches fails a number of times. */
const busy = vi.hoisted(() => ({ path: /^$/, times: 0, code: 'EPERM', refusals: new Map<string, number>() }));
vi.mock('node:fs/promises', async (original) => {
  const actual = await original<typeof import('node:fs/promises')>();
  const rename: typeof actual.rename = async (from, to) => {
    const times = busy.refusals.get(String(to)) ?? 0;
    if (!busy.path.test(String(to)) || times >= busy.times) return actual.rename(from, to);
    busy.refusals.set(String(to), times + 1);
    throw Object.assign(new Error(`${busy.code}: operation not permitted, rename`), { code: busy.code });
  };
  return { ...actual, default: { ...actual, rename }, rename };
});

let folder: string;
let cut: string;
let trained: string;

/** The namespace of process IDs, on Linux. */
const space = existsSync('/proc/self/ns/pid') ? readlinkSync('/proc/self/ns/pid') : undefined;
const whole = ['best.safetensors', 'config.json', 'events.jsonl', 'last.safetensors', 'metrics.jsonl'];
/** Those of a run that has saved more than once. */
const longer = [whole[0], 'checkpoints', ...whole.slice(1)];

/** Runs the command line in another process. */
const start = (args: string[]) =>
  startTrainer(args, { cwd: folder, env: { HARMONIC_MLP_DATA: join(folder, 'cache') } });
const here = (args: string[], env = {}) =>
  runHere(args, { cwd: folder, env: { HARMONIC_MLP_DATA: join(folder, 'cache'), ...env } });
const training = (...more: string[]) => [
  ...[
    'train',
    '--preset',
    'published',
    '--hidden',
    '16',
    '--batch-size',
    '100',
    '--no-verify',
    '--backend',
    'wasm',
    '--data-dir',
    cut,
  ],
  ...more,
];
const epochsIn = async (place: string) =>
  (await readFile(join(place, 'metrics.jsonl'), 'utf8')).trim().split('\n').length;

beforeAll(async () => {
  expect(existsSync(main), `${main} is there: build first, as "pnpm test" does`).toBe(true);
  folder = await mkdtemp(join(tmpdir(), 'harmonic folders '));
  cut = join(folder, 'cut');
  await mkdir(cut);
  await cutMnist(cut, 500, 100);
  trained = join(folder, 'trained');
  const { code, stderr } = await here(training('--epochs', '1', '--out', trained));
  expect(code, stderr).toBe(0);
});

/** The runs that would continue if a test failed. */
const left = new Set<ChildProcess>();

afterAll(async () => {
  for (const child of left) child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

describe('folders', () => {
  it('gives each of eight runs that start at once one of its own', async () => {
    const ended = await Promise.all(
      Array.from({ length: 8 }, () => start(training('--epochs', '1', '--json')).ended),
    );
    for (const { code, stderr } of ended) expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const runs = await readdir(join(folder, 'runs'));
    expect(runs).toHaveLength(8);
    for (const name of runs) expect((await readdir(join(folder, 'runs', name))).sort()).toEqual(whole);
  });

  /** Starts a run that trains until it is told to stop, and waits until it has saved something. */
  async function living(args: string[]) {
    const process_ = start([...args, '--epochs', '100000']);
    left.add(process_.child);
    const ended = process_.ended.then((each) => {
      if (each.code !== 130 && each.signal !== 'SIGKILL') throw new Error(each.stderr);
      return each;
    });
    await Promise.race([ended, expect.poll(process_.output).toMatch(/\n {4,}\d+ {3}\d/)]);
    return { child: process_.child, ended };
  }

  // Windows has no way to send a process another's Ctrl-C.
  it.skipIf(process.platform === 'win32')(
    'refuses a folder that a live run is using, and no other',
    async () => {
      const { child, ended } = await living(training('--out', 'used'));
      const second = await here(training('--epochs', '1', '--out', 'used'));
      expect(second.code).toBe(1);
      expect(second.error).toMatchObject({ code: 'FOLDER_IN_USE', file: join(folder, 'used') });
      expect(second.stderr).toMatch(
        new RegExp(
          `^error: ${join(folder, 'used')}: The folder is in use by another run \\(process ${child.pid}\\)\\. .*remove used.run\\.lock\\.\\n$`,
        ),
      );
      const resumed = await here(['train', '--resume', 'used', '--epochs', '100000']);
      expect(resumed).toMatchObject({ code: 1, error: { code: 'FOLDER_IN_USE' } });
      const elsewhere = await here(['train', '--resume', 'used', '--epochs', '2', '--out', 'not used']);
      expect(elsewhere.stderr).toMatch(/^$|The run already has \d+ epochs?\./);
      child.kill('SIGINT');
      await ended;
      expect((await readdir(join(folder, 'used'))).sort()).toEqual(longer);

      const again = await living(['train', '--resume', 'used', '--lr', '1e-3']);
      const third = await here(['train', '--resume', join('used', 'last.safetensors'), '--epochs', '100000']);
      expect(third.error).toMatchObject({ code: 'FOLDER_IN_USE' });
      again.child.kill('SIGKILL');
      await again.ended;
      expect(await readdir(join(folder, 'used'))).toContain('run.lock');
      const epochs = await epochsIn(join(folder, 'used'));
      // The model may have been saved, but not yet the metrics.
      const taken = await here(['train', '--resume', 'used', '--epochs', String(epochs + 2)]);
      expect([taken.code, taken.stderr]).toEqual([0, '']);
      expect((await readdir(join(folder, 'used'))).sort()).toEqual(longer);
    },
  );

  it('refuses a folder whose lock a run on another machine keeps updating', async () => {
    const place = await mkdtemp(join(folder, 'locked '));
    await cp(trained, place, { recursive: true });
    const file = join(place, 'run.lock');
    // The second is a container's, which numbers its own processes: the ID of this one may be another's there.
    for (const owner of [
      { host: 'elsewhere', pid: 1 },
      { host: hostname(), space: 'pid:[1]', pid: 999_999 },
    ]) {
      await writeFile(file, JSON.stringify(owner));
      const alive = setInterval(() => void utimes(file, new Date(), new Date()), 500);
      const ended = await here(['train', '--resume', place, '--epochs', '2']);
      clearInterval(alive);
      expect(ended.code).toBe(1);
      expect(ended.stderr).toMatch(
        /^Checking whether the run in .* is still going …\nerror: .* is in use by another run/,
      );
    }
  });

  it.each([
    ['that nobody can read', (file: string) => mkdir(file)],
    ['that is a dangling link', (file: string) => symlink('nowhere', file)],
  ])('fails clearly on a lock %s', async (_, make) => {
    const place = await mkdtemp(join(folder, 'locked '));
    await make(join(place, 'run.lock'));
    const ended = await here(training('--epochs', '1', '--out', place));
    expect(ended.code).toBe(1);
    expect(ended.stderr).toMatch(
      /^error: .*: (The output folder cannot be written to: .*\. Give|The lock of the folder is a dangling link\. Remove it, or give) another --out\.\n$/,
    );
  });

  it.skipIf(process.platform === 'win32')('continues when its folder is removed', async () => {
    const { child, ended } = await living(training('--out', 'removed'));
    for (let time = 0; time < 100; time++) {
      // It may be writing into the folder at any time.
      const options = { recursive: true, force: true, maxRetries: 100, retryDelay: 1 };
      await rm(join(folder, 'removed'), options);
      await sleep(time % 10);
    }
    child.kill('SIGINT');
    expect(await ended).toMatchObject({ code: 130 });
    expect(await readdir(join(folder, 'removed'))).toContain('last.safetensors');
  });

  it.each([
    ['of another machine, long ago', { host: 'elsewhere', pid: 1 }, 700_000, 0],
    // As in a restarted container, where processes get the same IDs again.
    [
      'of an earlier process with the ID of this one',
      { host: hostname(), space, pid: process.pid, started: 'before' },
      0,
      0,
    ],
    [
      'of an earlier process with the ID of another',
      { host: hostname(), space, pid: process.ppid, started: 'before' },
      0,
      0,
    ],
    ['that is damaged', 'what?', 700_000, 0],
  ])('finds a lock %s', async (_, lock, age, code) => {
    const place = await mkdtemp(join(folder, 'locked '));
    await cp(trained, place, { recursive: true });
    const file = join(place, 'run.lock');
    await writeFile(file, typeof lock === 'string' ? lock : JSON.stringify(lock));
    const then = new Date(Date.now() - age);
    await utimes(file, then, then);
    // Where the system does not say when a process started, its ID has to be trusted.
    const expected =
      process.platform !== 'linux' && code === 0 && typeof lock !== 'string' && lock.pid === process.ppid
        ? 1
        : code;
    const ended = await here(['train', '--resume', place, '--epochs', '2']);
    expect(ended.code, ended.stderr).toBe(expected);
    expect(existsSync(file)).toBe(expected === 1);
  });
});

describe('a file that another program has open', () => {
  let place: string;
  beforeEach(async () => {
    place = await mkdtemp(join(folder, 'busy '));
  });
  afterEach(() => {
    busy.times = 0;
    busy.refusals.clear();
  });
  /** Runs the command line while files whose path matches are in use for a number of tries. */
  const whileBusy = (path: RegExp, times: number, args: string[], code = 'EPERM') => {
    Object.assign(busy, { path, times, code });
    return here(args);
  };
  const always = 1000;

  it.each(['EPERM', 'EACCES', 'EBUSY'])('is replaced a moment later: %s', async (code) => {
    const files = /(last.safetensors|best.safetensors|config.json|metrics.jsonl)$/;
    const ended = await whileBusy(files, 3, training('--epochs', '1', '--out', place), code);
    expect(busy.refusals.size).toBe(4);
    expect([ended.code, ended.stderr]).toEqual([0, '']);
    expect((await readdir(place)).sort()).toEqual(whole);
  });

  it('does not end a run when it is its metrics', async () => {
    const ended = await whileBusy(/metrics.jsonl$/, always, training('--epochs', '2', '--out', place));
    expect(ended.code).toBe(0);
    expect(ended.stderr).toMatch(
      /^.*metrics\.jsonl cannot be written: permission denied\. Training continues; .*\n$/,
    );
    expect((await readdir(place)).sort()).toEqual(longer.slice(0, -1));
  });

  it('does not end a run when it is its configuration', async () => {
    await cp(trained, place, { recursive: true });
    const files = /busy [^/]*.config.json$/;
    const ended = await whileBusy(files, always, training('--epochs', '1', '--out', place));
    expect(ended.code).toBe(0);
    expect(ended.stderr).toMatch(
      /^.*config\.json cannot be written: permission denied\. Training continues without it\.\n$/,
    );
    expect((await readdir(place)).sort()).toEqual([
      'best.safetensors',
      'earlier-1',
      'events.jsonl',
      'last.safetensors',
      'metrics.jsonl',
    ]);
  });

  it('keeps a file that could not be renamed, and says where', async () => {
    const ended = await whileBusy(/last.safetensors$/, always, training('--epochs', '1', '--out', place));
    expect(ended).toMatchObject({
      code: 1,
      error: { code: 'UNWRITABLE', file: join(place, 'last.safetensors') },
    });
    busy.times = 0;
    const [, kept] = ended.stderr.match(
      /last\.safetensors: The file cannot be written: permission denied; it is in (\S.*kept) instead\. Give another --out\./,
    )!;
    const resumed = await here(['train', '--resume', kept, '--epochs', '2', '--out', 'rescued']);
    expect([resumed.code, resumed.stderr]).toEqual([0, '']);
    expect(await epochsIn(join(folder, 'rescued'))).toBe(2);
  });

  it('moves all of an earlier run or nothing', async () => {
    await cp(trained, place, { recursive: true });
    const before = await readFile(join(place, 'last.safetensors'));
    const late = await whileBusy(/earlier-1.last/, 3, training('--epochs', '1', '--out', place));
    expect([late.code, late.stderr]).toEqual([0, '']);
    expect((await readdir(join(place, 'earlier-1'))).sort()).toEqual(whole);
    const refused = await whileBusy(/earlier-2.best/, always, training('--epochs', '1', '--out', place));
    expect(refused).toMatchObject({ code: 1, error: { code: 'UNWRITABLE', file: place } });
    expect(refused.stderr).toContain('The output folder cannot be written to: permission denied.');
    expect((await readdir(place)).sort()).toEqual([...whole.slice(0, 2), 'earlier-1', ...whole.slice(2)]);
    expect(await readFile(join(place, 'earlier-1', 'last.safetensors'))).toEqual(before);
  });
});

describe('settings of a resumed run', () => {
  it('follow what is given, and are kept', async () => {
    const place = join(folder, 'changed');
    await cp(trained, place, { recursive: true });
    const changed = [
      '--lr',
      '1e-4',
      '--schedule',
      'constant',
      '--weight-decay',
      '0',
      '--freq-scale',
      'update',
    ];
    const resume = ['train', '--resume', place, '--epochs'];
    const ended = await here([...resume, '2', ...changed, '--freq-scale-factor', '0.3']);
    expect([ended.code, ended.stderr]).toEqual([0, '']);
    const config = JSON.parse(await readFile(join(place, 'config.json'), 'utf8'));
    expect(config.settings).toMatchObject({
      learningRate: 1e-4,
      schedule: 'constant',
      weightDecay: 0,
      freqScale: 'update',
      freqScaleFactor: 0.3,
    });
    expect((await here([...resume, '3'])).code).toBe(0);
    const lines = (await readFile(join(place, 'metrics.jsonl'), 'utf8')).trim().split('\n');
    expect(lines.map((line) => JSON.parse(line).learningRate)).toEqual([1e-3, 1e-4, 1e-4]);
  });

  it('let it continue after it has diverged, as the error says', async () => {
    const place = join(folder, 'diverged');
    await cp(trained, place, { recursive: true });
    const diverged = await here(['train', '--resume', place, '--epochs', '2', '--lr', '1e38']);
    expect(diverged.code).toBe(1);
    const [, command] = diverged.stderr.match(
      /Resume from what was saved with: npx --yes pnpm@10 (train .*)\n$/,
    )!;
    expect(command).toBe(`train --resume '${join(place, 'last.safetensors')}' --lr 1e+37`);
    const resumed = await here(['train', '--resume', place, '--epochs', '2', '--lr', '1e-3']);
    expect([resumed.code, resumed.stderr]).toEqual([0, '']);
  });

  it('do not hide its earlier epochs', async () => {
    const ended = await here(['train', '--resume', trained, '--epochs', '2', '--out', 'seen']);
    expect(ended.stdout.match(/^ {4}[12] {3}\d\.\d{4} /gm)).toHaveLength(2);
  });
});

describe('paths', () => {
  it('a folder that begins with a tilde is printed so that it is found again', async () => {
    const ended = await here(training('--epochs', '1', '--out', './~/run'));
    const [, named] = ended.stdout.match(/train --resume (\S+)/)!;
    expect(named.replaceAll("'", '')).toBe(join('.', '~', 'run').replace(/^/, `.${sep}`));
    expect((await here(['evaluate', '--model', './~/run'])).code).toBe(0);
    await rm(join(folder, '~'), { recursive: true });
  });

  it('a leading ~ stands for the home folder', async () => {
    const env = { HOME: folder, USERPROFILE: folder };
    const ended = await here(training('--epochs', '1', '--out=~/at home'), env);
    expect([ended.code, ended.stderr]).toEqual([0, '']);
    expect(existsSync(join(folder, '~'))).toBe(false);
    expect((await readdir(join(folder, 'at home'))).sort()).toEqual(whole);
    const evaluated = await here(['evaluate', '--model=~/at home'], env);
    expect([evaluated.code, evaluated.stderr]).toEqual([0, '']);
    expect(homedir()).not.toBe(folder);
  });
});
