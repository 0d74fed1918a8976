import { appendFile, cp, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runHere } from './trainer-here';
import { events, main, start } from './trainer-process';

let folder: string;

const run = (...args: string[]) => runHere(args, { cwd: folder });
const training = (...more: string[]) =>
  run('train', '--dataset', 'waves', '--backend', 'wasm', '--examples', '128', '--epochs', '2', ...more);
const recorded = async (place: string) =>
  (await readFile(join(folder, place, 'events.jsonl'), 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'harmonic events '));
  expect(await training('--out', 'trained')).toMatchObject({ code: 0, stderr: '' });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it('records how a run starts and ends, with the summary that --json prints', async () => {
  const ended = await training('--out', 'told', '--json', '--validation', '0.25');
  const told = await recorded('told');
  expect(told.map(({ event }) => event)).toEqual(['started', 'captured', 'finished']);
  expect(told[1]).toMatchObject({ captured: true, threads: 1 });
  expect(told[2].summary).toEqual(events(ended).at(-1));
  expect(told[2].summary).toMatchObject({
    event: 'summary',
    epochs: 2,
    bestValidationRmse: expect.any(Number),
  });
  for (const { time } of told) expect(new Date(time).toISOString()).toBe(time);
});

it('appends what happens to a resumed run, after what a killed process left', async () => {
  await cp(join(folder, 'trained'), join(folder, 'torn'), { recursive: true });
  await appendFile(join(folder, 'torn', 'events.jsonl'), '{"time":"2026-');
  expect((await run('train', '--resume', 'torn', '--epochs', '3', '--schedule', 'constant')).code).toBe(0);
  const lines = (await readFile(join(folder, 'torn', 'events.jsonl'), 'utf8')).split('\n');
  expect(lines[3]).toBe('{"time":"2026-');
  expect(JSON.parse(lines[4])).toMatchObject({
    event: 'resumed',
    from: join(folder, 'torn', 'last.safetensors'),
    epoch: 3,
    step: 0,
    stepsPerEpoch: 4,
  });
  expect(JSON.parse(lines.at(-2)!)).toMatchObject({ event: 'finished', summary: { epochs: 3 } });
});

it('starts anew when a run is resumed elsewhere, or another takes its folder', async () => {
  const schedule = ['--schedule', 'constant'];
  await run('train', '--resume', 'trained', '--epochs', '3', ...schedule, '--out', 'elsewhere');
  const told = await recorded('elsewhere');
  expect(told.map(({ event }) => event)).toEqual(['resumed', 'captured', 'finished']);
  await training('--out', 'elsewhere');
  expect((await recorded('elsewhere'))[0].event).toBe('started');
  expect((await recorded(join('elsewhere', 'earlier-1')))[0].event).toBe('resumed');
});

it('records warnings and the error that ends a run', async () => {
  await cp(join(folder, 'trained'), join(folder, 'warned'), { recursive: true });
  const warned = await run('train', '--resume', 'warned', '--epochs', '3');
  const [message] = warned.stderr.split('\n');
  expect(message).toMatch(/^The schedule has ended at a learning rate of 0/);
  expect(await recorded('warned')).toContainEqual(expect.objectContaining({ event: 'warning', message }));

  const failed = await training('--out', 'failed', '--optimizer', 'sgd', '--lr', '1e30');
  expect(failed.code).toBe(1);
  const last = (await recorded('failed')).at(-1);
  expect(last).toMatchObject({ event: 'failed', code: 'DIVERGED' });
  expect(failed.stderr).toContain(`error: ${last.message}`);
});

// Windows has no way to send a process another's Ctrl-C.
it.skipIf(process.platform === 'win32')('records where a run was interrupted', async () => {
  const out = ['--dataset', 'waves', '--backend', 'wasm', '--out', 'interrupted', '--epochs', '100000'];
  const { child, ended, output } = start(['train', ...out], { cwd: folder, main });
  await Promise.race([ended, expect.poll(output).toMatch(/\n {4,}1 +\d/)]);
  child.kill('SIGINT');
  expect((await ended).code).toBe(130);
  expect((await recorded('interrupted')).at(-1)).toMatchObject({
    event: 'interrupted',
    epoch: expect.any(Number),
    step: expect.any(Number),
    stepsPerEpoch: 16,
  });
});

it('trains on, and warns once, where events cannot be written', async () => {
  await cp(join(folder, 'trained'), join(folder, 'blocked'), { recursive: true });
  const file = join(folder, 'blocked', 'events.jsonl');
  await rm(file);
  await mkdir(file);
  const schedule = ['--schedule', 'constant'];
  const ended = await run('train', '--resume', 'blocked', '--epochs', '3', ...schedule);
  expect(ended).toMatchObject({
    code: 0,
    stderr: `${file} cannot be written: it is a folder. Training continues without it.\n`,
  });
});

it('keeps the machine and the SIMD level with the configuration', async () => {
  const config = JSON.parse(await readFile(join(folder, 'trained', 'config.json'), 'utf8'));
  expect(config).toMatchObject({
    machine: { processor: expect.any(String), cores: availableParallelism(), memoryBytes: totalmem() },
    simd: expect.stringMatching(/^(relaxed|fixed)$/),
    settings: { seed: 0, threads: 'auto' },
    threads: 1,
  });
  await training('--out', 'plain', '--no-kernels');
  expect(JSON.parse(await readFile(join(folder, 'plain', 'config.json'), 'utf8'))).not.toHaveProperty('simd');
});
