import type { ChildProcess } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { missingRedis, RedisServer } from '../../../test/support/redis-server';
import { events, start } from './trainer-process';

// Each starts many processes.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

const missing = missingRedis();
const seed = Number(process.env.KILL_SEED ?? Date.now() % 1e9);

let folder: string;
let redis: RedisServer | undefined;
const children: ChildProcess[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'harmonic queue '));
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await redis?.remove();
  redis = undefined;
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const run = (args: string[], env: Record<string, string> = {}) => {
  const started = start(args, { cwd: folder, env });
  children.push(started.child);
  return started;
};
const worker = (name: string, url: string, ...more: string[]) =>
  run([
    ...['worker', '--queue', url, '--jobs', '1', '--threads', '1'],
    ...['--take-over', '2', '--name', name, '--json', ...more],
  ]);

type Line = Record<string, unknown>;
const resultOf = async (place: string) =>
  JSON.parse(await readFile(join(folder, place, 'result.json'), 'utf8'));

/** What the trials of a sweep gave, each once, without their times. */
async function exactResults(place: string): Promise<Record<string, unknown>> {
  const lines = (await readFile(join(folder, place, 'ledger.jsonl'), 'utf8')).trim().split('\n');
  const ended = lines.map((line) => JSON.parse(line) as Line).filter(({ event }) => event === 'finished');
  expect(new Set(ended.map(({ trial }) => trial)).size).toBe(ended.length);
  return Object.fromEntries(ended.map(({ trial, result }) => [trial, (result as Line).exact]).sort());
}

const tiny = ['sweep', '--dataset', 'waves', '--hidden', '8', '--examples', '64'];

describe.skipIf(missing !== undefined)(
  `a sweep with a queue${missing === undefined ? '' : `: ${missing}`}`,
  () => {
    it(`gives what it gives locally, although two of three workers are killed and the server restarts (KILL_SEED=${seed})`, {
      tags: 'long',
      timeout: 480_000,
    }, async () => {
      console.log(`KILL_SEED=${seed}`);
      let state = seed;
      const random = () => {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        return state / 2 ** 32;
      };
      const args = [
        ...tiny,
        '--epochs',
        '60',
        '--lr',
        '1e-3,1e-2,2e-2',
        '--activation',
        'harmonic,relu,gelu,tanh',
        '--seeds',
        '2',
      ];
      redis = await RedisServer.start();
      const { url } = redis;
      const workers = ['one', 'two', 'three'].map((name) => worker(name, url));
      const coordinator = run([...args, '--out', 'queued', '--queue', url, '--json']);
      const done = () => coordinator.output().split('"event":"trial"').length - 1;
      for (const [killed, after] of [3 + Math.floor(3 * random()), 9 + Math.floor(3 * random())].entries()) {
        await expect.poll(done, { timeout: 180_000 }).toBeGreaterThanOrEqual(after);
        await sleep(800 * random());
        workers[killed].child.kill('SIGKILL');
      }
      await redis.stop('SIGKILL');
      await sleep(500);
      await redis.start();
      const { code, stderr } = await coordinator.ended;
      expect(code, stderr).toBe(0);
      expect(stderr).not.toMatch(/different results/);
      expect(events(await coordinator.ended).at(-1)).toMatchObject({ trials: 24, failed: 0 });
      workers[2].child.kill('SIGINT');
      expect((await workers[2].ended).code).toBe(130);

      const locally = run([...args, '--out', 'local', '--json']);
      expect((await locally.ended).code).toBe(0);
      const [queued, local] = [await exactResults('queued'), await exactResults('local')];
      expect(Object.keys(queued)).toHaveLength(24);
      expect(queued).toEqual(local);
      expect((await resultOf('queued')).best.test).toEqual((await resultOf('local')).best.test);
    });

    it('gives an interrupted trial back with its checkpoint, with which another worker goes on', {
      tags: 'long',
    }, async () => {
      redis = await RedisServer.start();
      const { url } = redis;
      // Of so large a rate, the best epoch comes long before the last.
      const args = [...tiny, '--epochs', '1500', '--lr', '1', '--json'];
      const coordinator = run([...args, '--out', 'given-back', '--queue', url]);
      const first = worker('first', url);
      await expect.poll(first.output).toContain('"event":"started"');
      await expect
        .poll(async () => (await redis!.command('KEYS', 'harmonic-mlp:sweep:*:checkpoint:*')).length)
        .toBeGreaterThan(10);
      await sleep(2000);
      first.child.kill('SIGTERM');
      const given = await first.ended;
      expect(given.code).toBe(130);
      expect(events(given).at(-1)).toMatchObject({ event: 'given back' });
      const second = worker('second', url);
      expect((await coordinator.ended).code).toBe(0);
      expect(events({ ...(await coordinator.ended), stdout: second.output() })[0]).toMatchObject({
        event: 'started',
        hasCheckpoint: true,
      });
      const locally = run([...args, '--out', 'not-given-back']);
      expect((await locally.ended).code).toBe(0);
      const [queued, local] = [await resultOf('given-back'), await resultOf('not-given-back')];
      expect(queued.best.test).toEqual(local.best.test);
    });

    it('loses less than an epoch with a worker that is killed', { tags: 'long' }, async () => {
      redis = await RedisServer.start();
      const { url } = redis;
      // An epoch that takes some seconds.
      const training = [
        '--dataset',
        'waves',
        '--hidden',
        '128,128',
        '--examples',
        '40000',
        '--batch-size',
        '1',
      ];
      const settings = [...training, '--epochs', '1', '--checkpoint-seconds', '1'];
      const coordinator = run(['sweep', ...settings, '--out', 'killed', '--queue', url, '--json']);
      const first = worker('first', url);
      await expect
        .poll(async () => (await redis!.command('KEYS', 'harmonic-mlp:sweep:*:checkpoint:*')).length)
        .toBeGreaterThan(10);
      first.child.kill('SIGKILL');
      worker('second', url);
      expect((await coordinator.ended).code).toBe(0);
      const lines = await readFile(join(folder, 'killed/trials/c0-s0/events.jsonl'), 'utf8');
      const resumed = events({ ...(await coordinator.ended), stdout: lines })[0];
      expect(resumed).toMatchObject({ event: 'resumed', epoch: 1 });
      expect(resumed.step).toBeGreaterThan(0);
    });

    it('records the trials that fail, prunes others, and is resumed after Ctrl-C with what workers did meanwhile', async () => {
      redis = await RedisServer.start();
      const { url } = redis;
      const args = ['--lr', '1e-2,1e-6,1e-7,1e30', '--prune', 'asha', '--jobs', '1'];
      const first = run([...tiny, ...args, '--epochs', '9', '--out', 'resumed', '--queue', url, '--json']);
      const one = worker('one', url);
      await expect.poll(first.output).toContain('"event":"trial"');
      first.child.kill('SIGINT');
      const interrupted = await first.ended;
      expect(interrupted.code).toBe(130);
      expect(interrupted.stderr).toContain(`sweep --resume resumed --queue ${url}`);
      const second = run(['sweep', '--resume', 'resumed', '--queue', '--json'], { HARMONIC_MLP_QUEUE: url });
      const ended = await second.ended;
      expect([ended.code, ended.stderr]).toEqual([0, '']);
      expect(events(ended).at(-1)).toMatchObject({
        trials: 4,
        failed: 1,
        pruned: 2,
        best: { values: { learningRate: 0.01 } },
      });
      one.child.kill('SIGINT');
      await one.ended;
    });

    it('gives whole results although the ledger could not be written for a while', {
      tags: 'long',
    }, async () => {
      redis = await RedisServer.start();
      const { url } = redis;
      const args = [...tiny, '--epochs', '150', '--lr', '1e-3,1e-2'];
      const first = run([...args, '--out', 'torn', '--queue', url, '--json']);
      const one = worker('one', url);
      await expect.poll(one.output).toContain('"event":"started"');
      const ledger = join(folder, 'torn/ledger.jsonl');
      await rename(ledger, `${ledger}.kept`);
      await mkdir(ledger);
      const ended = await first.ended;
      expect(ended.code).toBe(1);
      expect(ended.stderr).toMatch(/The ledger of the sweep cannot be written/);
      await rm(ledger, { recursive: true });
      await rename(`${ledger}.kept`, ledger);
      const second = run(['sweep', '--resume', 'torn', '--queue', url, '--json']);
      expect((await second.ended).code).toBe(0);
      one.child.kill('SIGINT');
      await one.ended;
      expect((await run([...args, '--out', 'never-torn', '--json']).ended).code).toBe(0);
      expect(await exactResults('torn')).toEqual(await exactResults('never-torn'));
    });

    it('never shows a password, also when the server refuses it', async () => {
      redis = await RedisServer.start({ password: 'geheim/123' });
      const wrong = redis.url.replace('geheim', 'wrong');
      for (const args of [
        [...tiny, '--queue', wrong],
        ['worker', '--queue', wrong],
      ]) {
        const { code, stdout, stderr } = await run(args).ended;
        expect(code).toBe(1);
        expect(stderr).toMatch(/password/);
        expect(stdout + stderr).not.toMatch(/wrong%2F|wrong\/|123/);
      }
      const right = run(['worker', '--queue', redis.url]);
      await expect.poll(right.output).toContain(`Worker on redis://127.0.0.1:${redis.port}: `);
      right.child.kill('SIGINT');
      const { stdout, stderr } = await right.ended;
      expect(stdout + stderr).not.toMatch(/geheim/);
    });

    it('ends a worker whose data are others, and leaves the trial to the next', async () => {
      redis = await RedisServer.start();
      const { url } = redis;
      const coordinator = run([
        'sweep',
        '--hidden',
        '8',
        '--epochs',
        '1',
        '--out',
        'images',
        '--queue',
        url,
        '--json',
      ]);
      const wrong = worker('wrong', url, '--data-dir', 'nowhere');
      const { code, stderr } = await wrong.ended;
      expect(code).toBe(1);
      expect(stderr).toMatch(/nowhere/);
      const right = worker('right', url);
      expect((await coordinator.ended).code).toBe(0);
      right.child.kill('SIGINT');
      await right.ended;
    });
  },
);
