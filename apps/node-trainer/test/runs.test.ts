import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import {
  appendFile,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { readRun } from '../src/runs';
import { runHere } from './trainer-here';
import { events, start } from './trainer-process';

let folder: string;
/** All that is in the folder of a run. */
let whole: string[];
const own = () => ({ cwd: folder, env: { HARMONIC_MLP_DATA: join(folder, 'cache') } });
const run = (...args: string[]) => runHere(args, own());
const at = (columns: number, ...args: string[]) => runHere(args, { ...own(), columns });
const waves = ['train', '--dataset', 'waves', '--backend', 'wasm', '--examples', '128'];
const inRuns = (...path: string[]) => join(folder, 'runs', ...path);
const sorted = async (place: string) => (await readdir(place)).sort();
/** What every run has in its folder. */
const files = ['best.safetensors', 'config.json', 'events.jsonl', 'last.safetensors', 'metrics.jsonl'];

/** Trains a run that has to succeed. */
async function trained(...args: string[]) {
  const ended = await run(...args);
  expect(ended.code, ended.stderr).toBe(0);
}

/** The lines of a table, as cells. */
const cells = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => line.trim().split(/ {2,}/));

/** Copies a run. */
async function copied(name: string, to: string) {
  await cp(inRuns(name), join(folder, to), { recursive: true });
  return join(folder, to);
}

/** The words of the commands that a run suggests, without the program. */
const suggested = (command: string) => command.replace(/^npx --yes pnpm@10 /, '').split(' ');

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'harmonic runs '));
  await trained(...waves, '--epochs', '4', '--out', 'runs/wide');
  await trained(...waves, '--epochs', '3', '--lr', '0.003', '--hidden', '16,8', '--out', 'runs/narrow');
  whole = await sorted(inRuns('wide'));
  expect(whole).toEqual(expect.arrayContaining(files));
  await trained(
    ...['train', '--dataset', 'spirals', '--backend', 'wasm', '--validation', '0.25'],
    ...['--epochs', '2', '--out', 'runs/spirals'],
  );
  expect((await run(...waves, '--optimizer', 'sgd', '--lr', '1e30', '--out', 'runs/diverged')).code).toBe(1);
});
const left = new Set<ChildProcess>();
afterAll(async () => {
  for (const child of left) child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

describe('runs list', () => {
  it('lists runs with their state and results, the newest last', async () => {
    const { code, stdout, stderr } = await at(160, 'runs', 'list');
    expect([code, stderr]).toEqual([0, '']);
    const [titles, ...rows] = cells(stdout);
    expect(titles).toEqual(['run', 'state', 'data', 'model', 'epochs', 'best', 'last', 'time', 'started']);
    expect(rows.map(([name, state, data, model, epochs]) => [name, state, data, model, epochs])).toEqual([
      ['wide', 'finished', 'waves', '64 harmonic', '4/4'],
      ['narrow', 'finished', 'waves', '16-8 harmonic', '3/3'],
      ['spirals', 'finished', 'spirals', '64 harmonic', '2/2'],
      ['diverged', 'failed', 'waves', '64 harmonic', '0/200'],
    ]);
    expect(rows.map(([, , , , , best]) => best)).toEqual([
      expect.stringMatching(/^0\.\d+ RMSE$/),
      expect.stringMatching(/^0\.\d+ RMSE$/),
      expect.stringMatching(/^\d\d\.\d\d%$/),
      '–',
    ]);
  });

  it.each([80, 60, 40])('fits %i columns, and keeps the names and the best scores', async (columns) => {
    const { stdout } = await at(columns, 'runs', 'list');
    for (const line of stdout.split('\n')) expect(line.length, line).toBeLessThan(columns);
    expect(stdout).toMatch(/^run .* best\b/);
    expect(stdout).toContain('diverged');
  });

  it('sorts by score for each metric, by name, and by epochs', async () => {
    const names = async (...args: string[]) =>
      events(await run('runs', 'list', '--json', ...args)).map((each) => each.run);
    expect(await names('--sort', 'score')).toEqual(['spirals', 'wide', 'narrow', 'diverged']);
    expect(await names('--sort', 'name')).toEqual(['diverged', 'narrow', 'spirals', 'wide']);
    expect(await names('--sort', 'epochs')).toEqual(['diverged', 'spirals', 'narrow', 'wide']);
    expect(await run('runs', 'list', '--sort', 'size')).toMatchObject({ code: 2 });
  });

  it('gives programs the same as JSON and as CSV', async () => {
    const [first, , spirals] = events(await run('runs', 'list', '--json'));
    expect(first).toMatchObject({
      event: 'run',
      run: 'wide',
      folder: join('runs', 'wide'),
      state: 'finished',
      hidden: [64],
      epochs: 4,
      metric: 'rmse',
      measuredOn: 'test',
      bestEpoch: 4,
      seconds: expect.any(Number),
    });
    expect(spirals).toMatchObject({ metric: 'accuracy', measuredOn: 'validation' });
    const [titles, ...rows] = (await run('runs', 'list', '--csv')).stdout.trim().split('\n');
    expect(titles.split(',').slice(0, 4)).toEqual(['run', 'state', 'dataset', 'hidden']);
    expect(rows[0]).toMatch(/^wide,finished,waves,64,harmonic,4,4,rmse,test,0\.\d+,4,/);
    expect(rows[1]).toMatch(/^narrow,finished,waves,"16,8",/);
    expect(await run('runs', 'list', '--csv', '--json')).toMatchObject({ code: 2 });
  });

  it('lists the runs of a sweep in its folder, and only names the sweep elsewhere', async () => {
    await copied('wide', 'sweeps/lr/trials/c0-s0');
    await copied('narrow', 'sweeps/lr/trials/c1-s0');
    await writeFile(join(folder, 'sweeps', 'lr', 'sweep.json'), '{}');
    const all = await run('runs', 'list', '--dir', 'sweeps/lr');
    expect(cells(all.stdout).map(([name]) => name)).toEqual(['run', 'trials/c0-s0', 'trials/c1-s0']);
    const above = await run('runs', 'list', '--dir', 'sweeps');
    expect(above.stdout).toContain(`A sweep is in lr. List its runs with: npx --yes pnpm@10 runs list --dir`);
    for (const name of ['c1-s0', 'trials/c1-s0']) {
      const shown = await run('runs', 'show', name, '--dir', 'sweeps/lr', '--json');
      expect(events(shown)[0].folder).toBe(join('sweeps', 'lr', 'trials', 'c1-s0'));
    }
  });

  it('lists runs that later ones have moved on request', async () => {
    await trained(...waves, '--epochs', '1', '--out', 'twice/a');
    await trained(...waves, '--epochs', '2', '--out', 'twice/a');
    const names = async (...args: string[]) =>
      cells((await run('runs', 'list', '--dir', 'twice', ...args)).stdout).map(([name]) => name);
    expect(await names()).toEqual(['run', 'a']);
    expect(await names('--earlier')).toEqual(['run', 'a/earlier-1', 'a']);
  });

  it('says what there is instead of runs', async () => {
    const empty = await mkdtemp(join(folder, 'empty '));
    const none = await runHere(['runs', 'list'], { cwd: empty });
    expect(none).toMatchObject({
      code: 0,
      stdout: '',
      stderr: 'There are no runs in runs yet. Start one with: npx --yes pnpm@10 train\n',
    });
    const missing = await run('runs', 'list', '--dir', 'nowhere');
    expect(missing).toMatchObject({ code: 1, error: { code: 'FILE_NOT_FOUND' } });
    expect(missing.stderr).toContain('nowhere: The folder does not exist.');
    const one = await run('runs', 'list', '--dir', 'runs/wide');
    expect(one.code).toBe(2);
    expect(one.stderr).toContain('Show it with: npx --yes pnpm@10 runs show runs/wide');
  });
});

describe('damaged files', () => {
  it('of the configuration and the metrics are read from the checkpoint, and named', async () => {
    const place = await copied('wide', 'damaged/all');
    const sound = await readRun(place);
    await writeFile(join(place, 'config.json'), '{"settings":');
    await appendFile(join(place, 'metrics.jsonl'), '{"epoch":\n{"epoch":5}\n');
    const damaged = await readRun(place);
    expect(damaged).toMatchObject({ state: 'finished', best: sound.best, measuredOn: 'test' });
    expect(damaged.history).toEqual(sound.history);
    expect(damaged.settings).toEqual(sound.settings);
    expect(damaged.damage).toEqual([
      { file: join(place, 'config.json'), problem: 'It is damaged.' },
      { file: join(place, 'metrics.jsonl'), problem: 'Line 5 and 1 more are damaged.' },
    ]);
    const listed = await run('runs', 'list', '--dir', 'damaged');
    expect(listed.code).toBe(0);
    expect(cells(listed.stdout)[1]).toContain('4/4');
    expect(listed.stderr).toContain(`warning: ${join('damaged', 'all', 'config.json')}: It is damaged.`);
  });

  it('do not keep any command from the rest', async () => {
    const place = await copied('wide', 'worse/all');
    await writeFile(join(place, 'config.json'), '');
    await writeFile(join(place, 'metrics.jsonl'), 'nonsense\n');
    await writeFile(join(place, 'events.jsonl'), '[]\n{"event":"started","time":1}\n');
    await truncate(join(place, 'last.safetensors'), 100);
    await truncate(join(place, 'best.safetensors'), 3);
    const { damage, history, settings } = await readRun(place);
    expect([history, settings]).toEqual([[], {}]);
    expect(damage.map(({ file, problem }) => [file.slice(place.length + 1), problem])).toEqual([
      ['last.safetensors', 'It is cut short.'],
      ['best.safetensors', 'It is not a safetensors file.'],
      ['config.json', 'It is damaged.'],
      ['metrics.jsonl', 'Line 1 is damaged.'],
      ['events.jsonl', 'Line 1 is damaged.'],
    ]);
    const best = join(place, 'best.safetensors');
    await cp(inRuns('wide', 'best.safetensors'), best);
    await truncate(best, (await stat(best)).size - 1);
    expect((await readRun(place)).damage).toContainEqual({ file: best, problem: 'It is cut short.' });
    for (const args of [
      ['list', '--dir', 'worse'],
      ['show', place],
      ['compare', place, 'wide'],
      ['export', place],
    ]) {
      expect((await run('runs', ...args)).code, args.join(' ')).toBe(0);
    }
  });

  it('do not count a last line that is cut short, nor one before the run was resumed', async () => {
    const place = await copied('wide', 'torn');
    await appendFile(join(place, 'events.jsonl'), '{"time":"20');
    expect(await readRun(place)).toMatchObject({ damage: [], state: 'finished' });
    await trained('train', '--resume', 'torn', '--epochs', '5', '--schedule', 'constant');
    const { damage, events: told } = await readRun(place);
    expect(damage).toEqual([]);
    expect(told.map(({ event }) => event)).toEqual([
      ...['started', 'captured', 'finished'],
      ...['resumed', 'captured', 'finished'],
    ]);
  });

  it('are missing files, too, but not the events that earlier versions did not write', async () => {
    const place = await copied('wide', 'earlier version');
    await rm(join(place, 'events.jsonl'));
    expect(await readRun(place)).toMatchObject({ damage: [], state: 'finished', history: { length: 4 } });
    await rm(join(place, 'metrics.jsonl'));
    expect(await readRun(place)).toMatchObject({
      damage: [{ file: join(place, 'metrics.jsonl'), problem: 'It is missing.' }],
      history: { length: 4 },
    });
  });
});

describe('runs show', () => {
  it('shows what was changed, the machine, the results, and the files', async () => {
    const { code, stdout, stderr } = await at(80, 'runs', 'show', 'narrow');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/State +finished\n {2}Data +waves \(128 training, 512 test\)|State +finished/);
    expect(stdout).toMatch(/--hidden +16,8\n[\s\S]*--lr +0\.003\n/);
    expect(stdout).not.toMatch(/--optimizer|--batch-size/);
    expect(stdout).toMatch(/processor|device/);
    expect(stdout).toMatch(/Best test RMSE +0\.\d+ \(epoch 3\)/);
    expect(stdout).toMatch(/\n {4}1 [^\n]+\n {4}2 [^\n]+\n {4}3 /);
    for (const file of files) expect(stdout).toMatch(new RegExp(`${file} +[\\d.]+ k?B\n`));
    const diverged = await run('runs', 'show', 'diverged');
    expect(diverged.stdout).toMatch(/State +failed\n {2}Error +The (training )?loss/);
    expect(diverged.stdout).toContain('No model has been saved from which it could be resumed.');
  });

  it('fits 40 columns, except for commands', async () => {
    const { stdout } = await at(40, 'runs', 'show', 'spirals');
    for (const line of stdout.split('\n')) {
      if (!line.includes('pnpm@10')) expect(line.length, line).toBeLessThanOrEqual(40);
    }
    expect(stdout).toContain('Test accuracy of that model');
  });

  it('gives commands that repeat the run, and resume it', async () => {
    const [shown] = events(await run('runs', 'show', 'narrow', '--json'));
    expect(shown).toMatchObject({
      changed: { hidden: [16, 8], learningRate: 0.003, epochs: 3, examples: 128 },
      settings: { dataset: 'waves', seed: 0 },
      history: { length: 3 },
      versions: { node: process.version },
    });
    await trained(...suggested(shown.commands.reproduce), '--out', 'repeated');
    const timeless = async (place: string) =>
      (await readRun(place)).history.map(({ seconds: _, ...record }) => record);
    expect(await timeless(join(folder, 'repeated'))).toEqual(await timeless(inRuns('narrow')));

    await copied('narrow', 'resumable');
    const [{ commands }] = events(await run('runs', 'show', 'resumable', '--json'));
    expect(suggested(commands.resume)).toEqual(
      'train --resume resumable --epochs 6 --schedule constant'.split(' '),
    );
    await trained(...suggested(commands.resume));
    expect((await readRun(join(folder, 'resumable'))).history).toHaveLength(6);
  });

  it('suggests the nearest names for one that there is not', async () => {
    const near = await run('runs', 'show', 'spiral');
    expect(near).toMatchObject({ code: 1, error: { code: 'FILE_NOT_FOUND' } });
    expect(near.stderr).toBe(
      'error: There is no run spiral, neither as a folder nor in runs. Did you mean spirals?\n',
    );
    expect((await run('runs', 'show', 'wdie')).stderr).toContain('Did you mean wide?');
    expect((await run('runs', 'show', 'quite-another')).stderr).toContain('runs list');
    expect((await run('runs', 'show', 'x', '--dir', 'nowhere')).stderr).toContain(
      'There are no runs there yet',
    );
  });
});

describe('runs compare', () => {
  it('shows only what differs, the results, and the scores by epoch', async () => {
    const { code, stdout, stderr } = await at(80, 'runs', 'compare', 'wide', 'runs/narrow/');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^Settings\n +wide +runs\/narrow\n/);
    expect(stdout).toMatch(/\nlearningRate +0\.01 +0\.003\n/);
    expect(stdout).toMatch(/\nhidden +64 +16,8\n/);
    expect(stdout).not.toMatch(/\n(seed|dataset|batchSize) /);
    expect(stdout).toMatch(/\nbest score +0\.\d+ RMSE +0\.\d+ RMSE\n/);
    expect(stdout).toMatch(/\nRMSE\n[\s\S]*┤[\s\S]*• wide\n\+ runs\/narrow\n$/);
  });

  it.each([80, 40])('fits %i columns with many runs of two tasks', async (columns) => {
    const names = ['wide', 'narrow', 'spirals', 'diverged', 'sweeps/lr/trials/c0-s0'];
    const { stdout } = await at(columns, 'runs', 'compare', ...names);
    for (const line of stdout.split('\n')) expect(line.length, line).toBeLessThanOrEqual(columns);
    expect(stdout).toMatch(/\naccuracy\n[\s\S]*\nRMSE\n|\nRMSE\n[\s\S]*\naccuracy\n/);
  });

  it('gives programs the same as JSON and as CSV', async () => {
    const [told] = events(await run('runs', 'compare', 'wide', 'spirals', '--json'));
    expect(told).toMatchObject({
      event: 'comparison',
      runs: [{ run: 'wide' }, { run: 'spirals' }],
      settings: { dataset: ['waves', 'spirals'], validation: [null, 0.25] },
    });
    const { stdout } = await run('runs', 'compare', 'wide', 'narrow', '--csv');
    expect(stdout).toMatch(/^,wide,narrow\n/);
    expect(stdout).toMatch(/\nlearningRate,0\.01,0\.003\n/);
    expect(stdout).toMatch(/\nhidden,64,"16,8"\n/);
  });

  it('needs two different runs', async () => {
    for (const names of [['wide'], ['wide', 'runs/wide', `${folder}/runs/wide/`]]) {
      const one = await run('runs', 'compare', ...names);
      expect(one).toMatchObject({ code: 2, error: { code: 'INVALID_ARGUMENT' } });
    }
  });
});

describe('runs export', () => {
  it('writes a row for each run and epoch, with the settings that differ', async () => {
    const name = 'a, b';
    await copied('wide', `runs/${name}`);
    const { code, stdout } = await run('runs', 'export', name, 'narrow', '--csv');
    expect(code).toBe(0);
    const [titles, ...rows] = stdout.trimEnd().split('\n');
    expect(titles).toBe(
      'run,settings.hidden,settings.periods,settings.epochs,settings.learningRate,epoch,learningRate,seconds,trainLoss,trainRmse,trainR2,testLoss,testRmse,testR2',
    );
    expect(rows).toHaveLength(4 + 3);
    expect(rows[0]).toMatch(/^"a, b",64,/);
    expect(rows[4]).toMatch(/^narrow,"16,8",/);
    await rm(inRuns(name), { recursive: true });
  });

  it('writes to a file, also as JSON with all settings', async () => {
    const ended = await run('runs', 'export', 'wide', 'spirals', '--json', '--out', 'exported.jsonl');
    expect(ended).toMatchObject({
      code: 0,
      stdout: '',
      stderr: 'The metrics of 2 runs are in exported.jsonl\n',
    });
    const lines = (await readFile(join(folder, 'exported.jsonl'), 'utf8')).trim().split('\n');
    const [wide, spirals] = lines.map((line) => JSON.parse(line));
    expect(wide).toMatchObject({ run: 'wide', settings: { learningRate: 0.01 }, history: { length: 4 } });
    expect(spirals.history[1]).toMatchObject({ epoch: 2, validation: { accuracy: expect.any(Number) } });
    const refused = await run('runs', 'export', 'wide', '--out', 'runs/wide/config.json/x');
    expect(refused).toMatchObject({ code: 1, error: { code: 'UNWRITABLE' } });
    expect(await sorted(inRuns('wide'))).toEqual(whole);
  });
});

describe('runs remove', () => {
  it('does not remove anything without a confirmation, or for a wrong name', async () => {
    await copied('wide', 'kept');
    const asked = await run('runs', 'remove', 'kept');
    expect(asked).toMatchObject({ code: 2, error: { code: 'INVALID_ARGUMENT' } });
    expect(asked.stderr).toContain('Pass --yes');
    expect((await run('runs', 'remove', 'kept', 'nothing', '--yes')).code).toBe(1);
    expect((await run('runs', 'remove', join('kept', 'config.json'), '--yes')).code).toBe(1);
    expect(await sorted(join(folder, 'kept'))).toEqual(whole);
  });

  it.each([
    ['n', 1],
    ['', 1],
    ['y', 0],
  ])('asks on a terminal: %j', async (answer, code) => {
    const place = await copied('wide', `asked ${answer}`);
    const typed = Object.assign(new PassThrough(), { isTTY: true });
    const stdin = vi.spyOn(process, 'stdin', 'get').mockReturnValue(typed as never);
    typed.write(`${answer}\n`);
    const ended = await at(80, 'runs', 'remove', place);
    stdin.mockRestore();
    expect(ended.code).toBe(code);
    expect(ended.stderr).toMatch(
      /finished, 4\/4 epochs, best 0\.\d+ RMSE, \d+\s+kB[\s\S]*for good\? \[y\/N\]/,
    );
    expect(existsSync(place)).toBe(code !== 0);
  });

  it('removes the files of runs, by name or folder, and nothing else', async () => {
    await copied('wide', 'runs/first');
    await copied('wide', 'second');
    const second = join(folder, 'second');
    await writeFile(join(second, 'notes.txt'), 'mine');
    for (const own of ['report.html', 'range-test.json', 'trial.json'])
      await writeFile(join(second, own), '');
    for (const name of ['last.safetensors.123.tmp', 'damaged-2.safetensors'])
      await writeFile(join(second, name), '');
    await mkdir(join(second, 'checkpoints'), { recursive: true });
    await writeFile(join(second, 'checkpoints', 'epoch-0001-step-00003.safetensors'), '');
    await copied('wide', 'third');
    await mkdir(join(folder, 'third', 'checkpoints'), { recursive: true });
    await writeFile(join(folder, 'third', 'checkpoints', 'mine.safetensors'), '');
    await copied('wide', 'second/earlier-1');
    const ended = await run('runs', 'remove', 'first', 'second', 'third', '--yes');
    expect([ended.code, ended.stderr]).toEqual([0, '']);
    expect(existsSync(inRuns('first'))).toBe(false);
    expect(await sorted(second)).toEqual(['earlier-1', 'notes.txt']);
    expect(await sorted(join(second, 'earlier-1'))).toEqual(whole);
    expect(await sorted(join(folder, 'third', 'checkpoints'))).toEqual(['mine.safetensors']);

    expect(ended.stdout).toMatch(/^Removed runs.first \(\d+ kB\)\.\nRemoved second \(\d+ kB\)\.\n/);
    expect(ended.stdout).toContain(`Left, since no run has written it: ${join('second', 'notes.txt')}\n`);
    expect(ended.stdout).toContain(`runs remove ${join('second', 'earlier-1')}\n`);
    const again = await run('runs', 'remove', 'second', '--yes');
    expect(again).toMatchObject({ code: 1, error: { code: 'FILE_NOT_FOUND' } });
  });

  it('does not remove a run that is going on, but one that was killed', async () => {
    const args = ['--dataset', 'waves', '--backend', 'wasm', '--out', 'runs/going', '--epochs', '100000'];
    const { child, ended, output } = start(['train', ...args], own());
    left.add(child);
    await Promise.race([ended, expect.poll(output).toMatch(/\n {4,}1 +\d/)]);
    const [going] = events(await run('runs', 'list', '--json')).filter((each) => each.run === 'going');
    expect(going.state).toBe('running');
    const refused = await run('runs', 'remove', 'wide', 'going', '--yes');
    expect(refused).toMatchObject({ code: 1, error: { code: 'FOLDER_IN_USE', file: inRuns('going') } });
    expect(refused.stderr).toContain(`(process ${child.pid} on `);
    expect(await sorted(inRuns('wide'))).toEqual(whole);

    child.kill('SIGKILL');
    await ended;
    expect(await readRun(inRuns('going'))).toMatchObject({ state: 'interrupted', owner: undefined });
    expect((await run('runs', 'remove', 'going', '--yes')).code).toBe(0);
    expect(existsSync(inRuns('going'))).toBe(false);
  });
});
