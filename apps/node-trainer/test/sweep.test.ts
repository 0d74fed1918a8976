import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { makeSmallDisk, noSmallDisk } from '../../../test/support/small-disk';
import { runHere } from './trainer-here';
import { type Ended, events, start } from './trainer-process';

// Each starts many processes.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'harmonic sweep '));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Tiny networks, each trained in a few milliseconds. */
const data = ['--dataset', 'waves', '--hidden', '8', '--examples', '64'];
const tiny = [...data, '--epochs', '3'];
const run = (...args: string[]) => start(['sweep', ...args], { cwd: folder, env: { COLUMNS: '60' } }).ended;

type Line = Record<string, unknown>;
const ledgerOf = async (place: string): Promise<Line[]> =>
  (await readFile(join(folder, place, 'ledger.jsonl'), 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
const resultOf = async (place: string) =>
  JSON.parse(await readFile(join(folder, place, 'result.json'), 'utf8'));

/** What the trials of a sweep gave, by their names, without their times. */
async function exactResults(place: string, { isRepaired = false } = {}): Promise<Record<string, unknown>> {
  const ended = (await ledgerOf(place)).filter(({ event }) => event === 'finished');
  const entries = ended.map(({ trial, result }) => [trial, (result as Line).exact]);
  if (!isRepaired) expect(new Set(entries.map(([trial]) => trial)).size).toBe(entries.length);
  return Object.fromEntries(entries.sort());
}

/** The process of a trial, a child of a sweep's, once it is there. */
async function expectChild(parent: number): Promise<number> {
  let child: number | undefined;
  await expect
    .poll(async () => {
      const children = await readFile(`/proc/${parent}/task/${parent}/children`, 'utf8');
      child = children === '' ? undefined : Number(children.trim().split(' ')[0]);
      return child;
    })
    .toBeDefined();
  return child!;
}

describe('a grid', () => {
  let ended: Ended;
  let summary: Line & { best: Line & { test: Record<string, { values: number[] }> } };
  beforeAll(async () => {
    ended = await run(
      ...tiny,
      '--lr',
      '1e-3,1e-2',
      '--activation',
      'harmonic,relu',
      '--seeds',
      '2',
      '--out',
      'grid',
      '--json',
    );
    summary = events(ended).at(-1) as typeof summary;
  });

  it('is trained with each seed, and ends in a summary with the best', async () => {
    expect([ended.code, ended.stderr]).toEqual([0, '']);
    const trials = events(ended).slice(0, -1);
    expect(trials).toHaveLength(8);
    for (const trial of trials) expect(trial).toMatchObject({ event: 'trial', state: 'finished' });
    expect(trials.map(({ values }) => values)).toContainEqual({ activation: 'relu', learningRate: 0.001 });
    expect(summary).toMatchObject({ event: 'summary', trials: 8, failed: 0 });
    const { configurations, best } = await resultOf('grid');
    expect(configurations).toHaveLength(4);
    expect(summary.best).toEqual(best);
    const means = configurations.map(({ mean }: { mean: number }) => mean);
    expect(means).toEqual([...means].sort((a, b) => a - b));
    for (const { scores, mean, margin } of configurations) {
      expect(mean).toBeCloseTo((scores[0] + scores[1]) / 2, 12);
      // 12.7062 is the quantile of Student's t with one degree of freedom; the error of two values is half their difference.
      expect(margin).toBeCloseTo((12.7062 * Math.abs(scores[0] - scores[1])) / 2, 4);
    }
  });

  it('gives what train gives with these settings, evaluated on the test examples once, at the end', async () => {
    const { values, scores, trials } = summary.best as unknown as {
      values: { learningRate: number; activation: string };
      scores: number[];
      trials: string[];
    };
    const trained = await runHere(
      [
        ...[
          'train',
          ...tiny,
          '--lr',
          String(values.learningRate),
          '--activation',
          values.activation,
          '--seed',
          '1',
        ],
        ...['--backend', 'wasm', '--validation', String(1 / 6), '--out', 'alone', '--json'],
      ],
      { cwd: folder },
    );
    const { bestValidationRmse, testRmse } = events(trained).at(-1);
    expect(scores[1]).toBe(bestValidationRmse);
    expect(summary.best.test.rmse.values[1]).toBe(testRmse);
    for (const trial of trials) {
      const metrics = await readFile(join(folder, 'grid/trials', trial, 'events.jsonl'), 'utf8');
      expect(metrics).not.toMatch(/testRmse":\d/);
    }
  });

  it('is not overwritten, and has nothing left to do', async () => {
    const again = await run(...tiny, '--out', 'grid');
    expect(again.code).toBe(2);
    expect(again.stderr).toContain('There is a sweep in this folder already. Continue it with --resume grid');
    const resumed = await run('--resume', 'grid', '--json');
    const [only, ...others] = events(resumed);
    expect(others).toEqual([]);
    expect(only).toMatchObject({ event: 'summary', trials: 8, best: { scores: summary.best.scores } });
  });

  it('says that its ledger or its plan is damaged, uses what is good, and comes to the same end', {
    tags: 'long',
  }, async () => {
    for (const [flip, name] of [
      ['ledger.jsonl', 'ledger.jsonl'],
      ['start of one', 'ledger.jsonl'],
      ['sweep.json', 'sweep.json'],
    ]) {
      await cp(join(folder, 'grid'), join(folder, flip), { recursive: true });
      const file = join(folder, flip, name);
      const text = await readFile(file, 'utf8');
      // In the ledger, of the end of a trial; in the plan, of a rate.
      const damaged =
        flip === 'sweep.json'
          ? text.replace('0.001', '0.003')
          : flip === 'start of one'
            ? text.replaceAll('"started","trial":"c1-', '"started","trial":"c9-')
            : text.replace('"finished"', '"finishes"');
      expect(damaged).not.toBe(text);
      await writeFile(file, damaged);
      const resumed = await run('--resume', flip, '--json');
      expect(resumed.code).toBe(0);
      expect(resumed.stderr).toMatch(
        flip === 'sweep.json'
          ? /sweep\.json: It has been changed since the sweep began\. The plan in .*ledger\.jsonl is used\./
          : /ledger\.jsonl: Line \d+(, \d+)* is damaged\. The trials that it concerned are trained again\./,
      );
      expect(events(resumed).at(-1)).toMatchObject({ trials: 8, best: { scores: summary.best.scores } });
      const isRepaired = flip === 'start of one';
      expect(await exactResults(flip, { isRepaired })).toEqual(await exactResults('grid'));
      const again = await run('--resume', flip, '--json');
      expect(events(again)).toHaveLength(1);
    }
  });

  it('evaluates the test examples again only if something has been trained since', async () => {
    await cp(join(folder, 'grid'), join(folder, 'known'), { recursive: true });
    const file = join(folder, 'known/result.json');
    const result = JSON.parse(await readFile(file, 'utf8'));
    result.best.test.rmse.mean = 42;
    await writeFile(file, JSON.stringify(result));
    expect(events(await run('--resume', 'known', '--json'))[0].best.test.rmse.mean).toBe(42);
    result.configurations[0].scores[0] += 1;
    await writeFile(file, JSON.stringify(result));
    expect(events(await run('--resume', 'known', '--json'))[0].best.test).toEqual(summary.best.test);
  });

  it.each(['gone', 'cut short'])('trains the best again where its model is %s, to the bit', async (how) => {
    await cp(join(folder, 'grid'), join(folder, how), { recursive: true });
    const trial = join(folder, how, 'trials', (summary.best as unknown as { trials: string[] }).trials[1]);
    const model = await readFile(join(trial, 'best.safetensors'));
    if (how === 'gone') await rm(trial, { recursive: true });
    else await writeFile(join(trial, 'best.safetensors'), model.subarray(0, 1000));
    await rm(join(folder, how, 'result.json'));
    const resumed = await run('--resume', how, '--json');
    expect(resumed.code).toBe(0);
    expect(resumed.stderr).toMatch(/The model in .* is missing or damaged; the trial is trained again\.\n$/);
    expect(events(resumed).at(-1)).toMatchObject({
      best: { scores: summary.best.scores, test: summary.best.test },
    });
  });

  it('does not go on from what another trial has left in its folder', async () => {
    const trials = join(folder, 'swapped/trials');
    await cp(join(folder, 'grid'), join(folder, 'swapped'), { recursive: true });
    const lines = (await readFile(join(folder, 'swapped/ledger.jsonl'), 'utf8')).split('\n');
    const kept = lines.filter((line) => !line.includes('"finished","trial":"c0-s0"'));
    expect(kept).toHaveLength(lines.length - 1);
    await writeFile(join(folder, 'swapped/ledger.jsonl'), kept.join('\n'));
    await rm(join(trials, 'c0-s0'), { recursive: true });
    await cp(join(trials, 'c1-s0'), join(trials, 'c0-s0'), { recursive: true });
    expect((await run('--resume', 'swapped', '--json')).code).toBe(0);
    expect(await exactResults('swapped')).toEqual(await exactResults('grid'));
  });

  it('is refused with the name of the ledger that is of another sweep', async () => {
    await cp(join(folder, 'grid'), join(folder, 'other'), { recursive: true });
    const file = join(folder, 'other/ledger.jsonl');
    const lines = (await readFile(file, 'utf8')).split('\n');
    await writeFile(file, lines.filter((line) => !line.includes('"trial":"c0-')).join('\n'));
    const { code, stderr } = await run('--resume', 'other');
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /other.ledger\.jsonl: The trial c1-s0 .*Restore the ledger of this sweep, or start another one\./,
    );
  });

  it('is refused where neither the plan nor the ledger is one', async () => {
    await cp(join(folder, 'grid'), join(folder, 'foreign'), { recursive: true });
    await writeFile(join(folder, 'foreign/sweep.json'), '{"a": 1}');
    await writeFile(join(folder, 'foreign/ledger.jsonl'), 'x,y\n1,2\n');
    const { code, stderr } = await run('--resume', 'foreign');
    expect(code).toBe(1);
    expect(stderr).toMatch(/foreign.sweep\.json: It is not the plan of a sweep\./);
  });
});

describe('a sweep that is ended', () => {
  const args = [...data, '--epochs', '40', '--lr', '1e-3,1e-2', '--seeds', '2'];
  beforeAll(async () => {
    expect((await run(...args, '--out', 'whole', '--json')).code).toBe(0);
  });

  it('goes on with a sweep of an earlier version, of which a setting applies to no configuration', async () => {
    const place = join(folder, 'of before');
    expect((await run(...tiny, '--activation', 'relu,gelu', '--out', place)).code).toBe(0);
    const plan = JSON.parse(await readFile(join(place, 'sweep.json'), 'utf8'));
    plan.settings.share = 0.5;
    await writeFile(join(place, 'sweep.json'), JSON.stringify(plan));
    await rm(join(place, 'ledger.jsonl'));
    const ended = await run('--resume', place, '--json');
    expect([ended.code, ended.stderr]).toEqual([0, '']);
    expect(events(ended).at(-1)).toMatchObject({ trials: 2, failed: 0 });
  });

  it.each(['relu,fan', 'fan,relu'])('leaves an axis out where it does not apply: %s', async (order) => {
    const ended = await run(
      ...[...tiny, '--activation', order, '--share', '0.1,0.2', '--out', `of ${order}`, '--json'],
    );
    expect([ended.code, ended.stderr]).toEqual([0, '']);
    const varied = events(ended)
      .slice(0, -1)
      .map(({ state, values }) => ({ state, ...(values as object) }));
    expect(varied).toHaveLength(3);
    for (const values of [
      { activation: 'relu' },
      ...[0.1, 0.2].map((share) => ({ activation: 'fan', share })),
    ])
      expect(varied).toContainEqual({ state: 'finished', ...values });
  });

  it.each(['SIGKILL', 'SIGINT', 'SIGTERM'] as const)(
    'by %s goes on without repeating or losing a trial, to the same end',
    async (signal) => {
      const { child, ended, output } = start(['sweep', ...args, '--out', signal, '--json'], { cwd: folder });
      await expect.poll(output).toContain('"event":"trial"');
      child.kill(signal);
      const { code, stderr } = await ended;
      if (signal !== 'SIGKILL') {
        expect(code).toBe(130);
        expect(stderr).toMatch(
          /Interrupted after \d of 4 trials, and saved\. Resume with: .* sweep --resume SIG/,
        );
      }
      const before = await ledgerOf(signal);
      const done = before.filter(({ event }) => event === 'finished').length;
      expect(done).toBeGreaterThan(0);
      expect(done).toBeLessThan(4);
      const resumed = await run('--resume', signal, '--json');
      expect(resumed.code).toBe(0);
      expect(events(resumed).filter(({ event }) => event === 'trial')).toHaveLength(4 - done);
      expect(await exactResults(signal)).toEqual(await exactResults('whole'));
      expect((await resultOf(signal)).best.test).toEqual((await resultOf('whole')).best.test);
    },
  );

  it.skipIf(process.platform !== 'linux')(
    'because the process of a trial was killed counts it as failed, and trains it again when resumed',
    async () => {
      const killed = start(['sweep', ...data, '--epochs', '20', '--jobs', '1', '--out', 'killed', '--json'], {
        cwd: folder,
      });
      process.kill(await expectChild(killed.child.pid!), 'SIGKILL');
      const ended = await killed.ended;
      expect(ended.code).toBe(1);
      expect(events(ended).at(-1)).toMatchObject({ trials: 1, failed: 1, best: null });
      const ledger = await ledgerOf('killed');
      expect(ledger.at(-1)!.message).toMatch(/was ended by SIGKILL/);
      const resumed = await run('--resume', 'killed', '--json');
      expect(resumed.code).toBe(0);
      expect(events(resumed).at(-1)).toMatchObject({ trials: 1, failed: 0 });
    },
  );

  it.skipIf(noSmallDisk !== undefined)(
    `by a full disk records no failure, and goes on when there is room${noSmallDisk === undefined ? '' : `: ${noSmallDisk}`}`,
    async () => {
      const disk = await makeSmallDisk(4 << 20);
      try {
        const out = join(disk.folder, 'full');
        await mkdir(out);
        await disk.fill(40 << 10);
        const full = await run(
          ...data,
          '--epochs',
          '5',
          '--lr',
          '1e-3,1e-2',
          '--seeds',
          '2',
          '--out',
          out,
          '--json',
        );
        expect(full.code).toBe(1);
        expect(full.stderr).toMatch(/the disk is full\. Make room, and resume the sweep/);
        await disk.fill(3 << 20);
        const resumed = await run('--resume', out, '--json');
        expect([resumed.code, resumed.stderr]).toEqual([0, '']);
        expect(events(resumed).at(-1)).toMatchObject({ trials: 4, failed: 0 });
      } finally {
        await disk.remove();
      }
    },
  );

  it('says where it is when there is none', async () => {
    const { code, stderr } = await run('--resume', 'nowhere');
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /nowhere: There is no sweep in this folder\. Pass the folder that the sweep was started/,
    );
  });
});

it('records the trial that fails, and trains the others', async () => {
  const { code, stdout, stderr } = await run(
    ...tiny,
    '--optimizer',
    'sgd',
    '--lr',
    '1e-2,1e30',
    '--out',
    'failing',
  );
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(/--lr 1e\+30, seed 0: failed: The training loss is (NaN|Infinity)/);
  expect(stdout.replaceAll(/\s+/g, ' ')).toMatch(
    /– --lr 1e\+30 \(failed: The training loss is (NaN|Infinity) .* Of 2 trials, 1 failed\./,
  );
  expect(stdout).toMatch(/Best\n {2}Configuration\s+--lr 0\.01\n/);
  expect(stdout).toMatch(
    / train --hidden 8 --epochs 3 --optimizer sgd --lr 0\.01 --dataset waves --examples 64\n/,
  );
});

it('prunes trials that do badly, and compares only the others', async () => {
  const args = ['--lr', '1e-2,1e-6,1e-7,1e-8', '--prune', 'asha', '--jobs', '1', '--out', 'pruned', '--json'];
  const ended = await run(...data, '--epochs', '9', ...args);
  expect(events(ended).at(-1)).toMatchObject({
    trials: 4,
    failed: 0,
    pruned: 3,
    best: { values: { learningRate: 0.01 } },
  });
  const metrics = await readFile(join(folder, 'pruned/trials/c3-s0/metrics.jsonl'), 'utf8');
  expect(metrics.trim().split('\n')).toHaveLength(1);
});

it('searches ranges and lists of lists, at random by default, from a file of YAML', {
  tags: 'long',
}, async () => {
  await writeFile(
    join(folder, 'sweep.yaml'),
    `settings: { dataset: waves, epochs: 1, examples: 64 }
axes:
  hidden: [[4], [4, 4]]
  learningRate: { from: 0.001, to: 0.1, scale: log }
  dropout: 0..0.5
trials: 3
seeds: [5, 7]
`,
  );
  const ended = await run('--config', 'sweep.yaml', '--epochs', '2', '--out', 'random', '--json');
  expect([ended.code, ended.stderr]).toEqual([0, '']);
  expect(events(ended).at(-1)).toMatchObject({ trials: 6, best: { seeds: [5, 7] } });
  for (const { values } of (await resultOf('random')).configurations) {
    expect([4, [4], [4, 4]]).toContainEqual(values.hidden);
    expect(values.learningRate).toBeGreaterThanOrEqual(0.001);
    expect(values.dropout).toBeLessThanOrEqual(0.5);
  }
  const config = JSON.parse(await readFile(join(folder, 'random/trials/c0-s5/config.json'), 'utf8'));
  expect(config.settings).toMatchObject({ epochs: 2, seed: 5, dataset: 'waves' });
});

it('is resumed with its data, and with axes that depend on its settings', { tags: 'long' }, async () => {
  const args = ['--schedule', 'cosine', '--warmup', '0,0.1', '--epochs', '1', '--jobs', '1'];
  expect((await run(...data, ...args, '--out', 'warm')).code).toBe(0);
  const { code, stdout, stderr } = await run('--resume', 'warm');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/^Sweep on waves/);
});

it('follows the published plans, fixed and adaptive', { tags: 'long' }, async () => {
  const fixed = await run(...data, '--plan', 'fixed', '--epochs', '1', '--out', 'fixed', '--json');
  expect([fixed.code, fixed.stderr]).toEqual([0, '']);
  const planOf = async (place: string) =>
    JSON.parse(await readFile(join(folder, place, 'sweep.json'), 'utf8'));
  expect(await planOf('fixed')).toMatchObject({
    axes: { learningRate: [1e-4, 3e-4, 1e-3, 3e-3, 1e-2] },
    settings: { epochs: 1, schedule: 'constant' },
  });
  const adaptive = await run(
    '--dataset',
    'waves',
    '--plan',
    'adaptive',
    '--epochs',
    '1',
    '--out',
    'adaptive',
    '--json',
  );
  expect([adaptive.code, adaptive.stderr]).toEqual([0, '']);
  const { axes, settings } = await planOf('adaptive');
  expect(settings).toMatchObject({ batchSize: 64, schedule: 'constant' });
  const given = await run(
    ...data,
    '--plan',
    'adaptive',
    '--epochs',
    '1',
    '--lr',
    '1e-3',
    '--out',
    'given',
    '--json',
  );
  expect(events(given).at(-1)).toMatchObject({ trials: 1 });
  expect((await planOf('given')).settings).toMatchObject({ learningRate: 0.001, batchSize: 64 });
  const rates = axes.learningRate as number[];
  expect(rates).toHaveLength(5);
  expect(rates[4] / rates[0]).toBeCloseTo(100, 6);
  const found = await runHere(
    [
      'lr-find',
      '--dataset',
      'waves',
      '--batch-size',
      '64',
      '--validation',
      String(1 / 6),
      '--backend',
      'wasm',
      '--json',
    ],
    { cwd: folder },
  );
  const { steepest } = events(found).at(-1).suggestions;
  expect(rates[2]).toBe(Number(steepest.toPrecision(4)));
  const saved = JSON.parse(await readFile(join(folder, 'adaptive/range-test.json'), 'utf8'));
  expect(saved.suggestions.steepest).toBe(steepest);
});

it('merges configurations that differ only in settings that do not apply', async () => {
  const ended = await run(
    ...data,
    '--epochs',
    '1',
    '--activation',
    'harmonic,relu',
    '--base-freq',
    '1',
    '--base-freq',
    '2',
    '--out',
    'merged',
    '--json',
  );
  expect(events(ended).at(-1)).toMatchObject({ trials: 3 });
});

const cores = availableParallelism();

it.each<[string[], string | RegExp]>([
  [
    ['--lr', '1e-3,1e-2', '--jobs', '2', '--threads', String(cores)],
    /need \d+ cores, and this machine has \d+\. Use fewer --jobs or --threads/,
  ],
  [['--lr', '1e-3,fast'], /--lr is "fast"; it must be a finite number/],
  [['--lr', '1e-3,1e-3'], '--lr has the value 0.001 twice. Give each value once.'],
  [['--lr', 'log:0..1'], /--lr is 0; it must be a finite number greater than 0/],
  [['--hidden', '8,x'], /--hidden is "x"/],
  [['--seeds', '0'], /--seeds is 0; it must be an integer at least 1/],
  [
    ['--lr', 'log:1e-3..1e-1', '--search', 'grid'],
    /--lr is a range, of which a grid needs the number of values\. Give it after a colon/,
  ],
  [['--momentum', '0.5,0.9'], '--momentum applies only with --optimizer momentum'],
  [['--activation', 'relu,gelu', '--base-freq', '2'], /--base-freq applies only .* not with relu or gelu\./],
  [['--activation', 'relu,gelu', '--share', '0.1,0.2'], /--share applies only .* not with relu or gelu\./],
  [['--config', 'missing.yaml'], /missing\.yaml: The sweep cannot be read: it does not exist/],
  [['--trials', '3'], '--trials is given, but a grid trains all its configurations.'],
  [['--queue', 'http://host'], /The address of the queue cannot be read/],
  [['--plan', 'clever'], /Allowed choices are fixed, adaptive/],
  [
    ['--resume', 'grid', '--lr', '1'],
    '--lr cannot be given with --resume: a sweep keeps what it was started with.',
  ],
])('refuses %j', async (args, message) => {
  const { code, stderr } = await runHere(
    ['sweep', ...(args[0] === '--resume' ? [] : [...tiny, '--out', 'refused']), ...args],
    { cwd: folder },
  );
  expect(code, stderr).toBe(args[0] === '--config' ? 1 : 2);
  if (typeof message === 'string') expect(stderr).toContain(message);
  else expect(stderr).toMatch(message);
  expect(existsSync(join(folder, 'refused'))).toBe(false);
});

it.each([
  ['{"axis": {}}', 'A sweep has no "axis". Did you mean "axes"?'],
  ['{"axes": {"learning-rate": [1]}}', 'Did you mean "learningRate"?'],
  ['{"learningRate": 1}', 'Put it into "settings", or into "axes" to vary it.'],
  ['{"axes": {"learningRate": [-1]}}', /learningRate.* is -1; it must be/],
  ['{"axes": ', 'It is not JSON'],
  ['{"axes": {"dataset": ["waves", "chirp"]}}', 'dataset cannot be varied: it is the same for all trials'],
  ['{"settings": {"seed": 3}}', 'The seeds of a sweep are not a setting. Give "seeds"'],
  ['{"seeds": "five"}', /seeds is "five"; it must be/],
  ['{"pruning": {"reductionFactor": 0}, "prune": "asha"}', /pruning\.reductionFactor is 0/],
])('refuses the file %s, and names it', async (content, message) => {
  await writeFile(join(folder, 'bad.json'), content);
  const { code, stderr } = await runHere(['sweep', ...tiny, '--config', 'bad.json'], { cwd: folder });
  expect(code).not.toBe(0);
  expect(stderr).toContain('bad.json');
  if (typeof message === 'string') expect(stderr).toContain(message);
  else expect(stderr).toMatch(message);
  expect(await readdir(folder)).not.toContain('sweeps');
});
