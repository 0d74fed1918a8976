import { mkdir, mkdtemp, readdir, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { DataServer, slowly, stall } from './support/data-server';
import { startLoading, writeLoadingProgram } from './support/loading-process';
import { sha256Of, smallDataset } from './support/small-dataset';

const images = 'train-images-idx3-ubyte.gz';
const { description, contents, served } = smallDataset();
const loaded = { size: 300, sum: contents.trainImages.subarray(16).reduce((a, b) => a + b, 0) };

let temporary: string;
let program: string;
let cache: string;
let server: DataServer;

beforeAll(async () => {
  temporary = await realpath(await mkdtemp(join(tmpdir(), 'données 手書き %23 ')));
  program = await writeLoadingProgram(join(temporary, 'load.mjs'));
});
afterAll(() => rm(temporary, { recursive: true }));
beforeEach(async () => {
  cache = await mkdtemp(join(temporary, 'cache '));
  server = await DataServer.start();
  server.serve('a', served);
});
afterEach(() => server.stop());

async function expectGood(): Promise<void> {
  expect((await readdir(join(cache, 'small'))).sort()).toEqual(Object.keys(served).sort());
  expect(sha256Of(await readFile(join(cache, 'small', images)))).toBe(sha256Of(served[images]));
}

it('four processes that fetch at once end with one good file, and leave nothing else', async () => {
  server.script(`a/${images}`, slowly(4, 200), slowly(5, 150), slowly(3, 200), slowly(6, 100));
  const options = { cache, mirrors: [server.url('a')] };
  const runs = Array.from({ length: 4 }, () => startLoading(program, description, options).result);
  for (const { code, lines, errors } of await Promise.all(runs)) {
    expect(errors).toBe('');
    expect([code, lines]).toEqual([0, [loaded]]);
  }
  expect(server.log.filter(({ path }) => path.endsWith(images)).length).toBeGreaterThan(1);
  await expectGood();
});

it('what a killed process leaves, the next goes on with', async () => {
  server.script(`a/${images}`, stall(60_000));
  const options = { cache, mirrors: [server.url('a')] };
  const killed = startLoading(program, description, options);
  let parts: string[] = [];
  while (parts.length === 0) {
    expect(killed.process.exitCode, 'the process is still at it').toBeNull();
    await new Promise((resolve) => setTimeout(resolve, 50));
    const names = await readdir(join(cache, 'small')).catch(() => []);
    const sizes = await Promise.all(
      names.map(async (name) => (await readFile(join(cache, 'small', name))).length),
    );
    parts = names.filter((name, index) => name.endsWith('.part') && sizes[index] === 60_000);
  }
  killed.process.kill('SIGKILL');
  await killed.result;
  expect(await readdir(join(cache, 'small'))).toEqual(parts);

  const { code, lines } = await startLoading(program, description, options).result;
  expect([code, lines]).toEqual([0, [loaded]]);
  expect(server.log.filter(({ path }) => path.endsWith(images))).toMatchObject([
    { sent: 60_000 },
    { range: 'bytes=60000-', sent: served[images].length - 60_000 },
  ]);
  await expectGood();
});

it('a process in any working directory finds a relative cache of its own, and the one that is named', async () => {
  const cwd = join(temporary, 'anderswo ü');
  await mkdir(cwd);
  const mirrors = [server.url('a')];
  const relative = await startLoading(program, description, { cache: 'cache', mirrors }, { cwd }).result;
  expect(relative.lines).toEqual([loaded]);
  expect((await readdir(join(cwd, 'cache', 'small'))).length).toBe(4);

  const env = { HARMONIC_MLP_DATA: cache };
  const named = await startLoading(program, description, { mirrors }, { cwd, env }).result;
  expect(named.lines).toEqual([loaded]);
  await expectGood();
});
