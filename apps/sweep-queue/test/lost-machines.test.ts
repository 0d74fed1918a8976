import { afterEach, describe, expect, it, vi } from 'vitest';
import { FuzzRandom, fuzzSeed } from '../../../test/support/fuzz';
import { missingRedis, RedisServer } from '../../../test/support/redis-server';
import { Coordinator } from '../src';
import { quick, type Sum, type SumResult, sumOf, WorkerProcess } from './support/workers';

const missing = missingRedis();
const clean: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const step of clean.splice(0).reverse()) await step();
});

describe.skipIf(missing)(`a sweep on three machines (FUZZ_SEED=${fuzzSeed})`, () => {
  it('gives every result once, though two of them and the server are lost', async () => {
    const random = new FuzzRandom(0);
    const server = await RedisServer.start();
    clean.push(() => server.remove());
    const workers = ['a', 'b', 'c'].map((name) => new WorkerProcess(server.url, name));
    for (const worker of workers) clean.push(() => worker.end('SIGKILL'));
    const notices: string[] = [];
    const coordinator = await Coordinator.connect({
      url: server.url,
      sweep: 'lost-machines',
      timing: quick,
      onNotice: (text) => notices.push(text),
    });
    clean.push(() => coordinator.close());

    // A busy machine starts them one after the other; the first would be done before the last is there.
    const connected = async () => {
      const list = await server.command('CLIENT', 'LIST');
      for (const { name } of workers) expect(list).toContain(`:w:${name} `);
    };
    await vi.waitFor(connected, { timeout: 30_000 });

    const sums: Sum[] = Array.from({ length: 24 }, (_, seed) => ({ steps: 6, seed: seed + 1 }));
    // What is lost after so many reports, each as soon as the worker has a checkpoint.
    const victims = [random.integer(3)];
    victims.push((victims[0] + 1 + random.integer(2)) % 3);
    const moments = victims.map(() => 4 + random.integer(60));
    const lost: { key: string; worker: string }[] = [];
    let [reports, serverAt] = [0, 20 + random.integer(60)];
    let restarted: Promise<void> | undefined;
    const results = await Promise.all(
      sums.map((data, i) =>
        coordinator.train(
          { key: `t${i}`, data },
          {
            onProgress(progress, { worker }) {
              reports++;
              const { step } = progress as { step: number };
              const next = lost.length;
              if (
                next < 2 &&
                reports >= moments[next] &&
                workers[victims[next]].name === worker &&
                step < 4
              ) {
                workers[victims[next]].kill('SIGKILL');
                lost.push({ key: `t${i}`, worker });
              }
              if (reports >= serverAt) {
                serverAt = Number.POSITIVE_INFINITY;
                restarted = server.stop('SIGKILL').then(() => server.start());
              }
              return 'continue';
            },
          },
        ),
      ),
    );
    await restarted;

    expect(results.map(({ exact }) => exact)).toEqual(sums.map((sum) => ({ value: sumOf(sum) })));
    expect(lost).toHaveLength(2);
    // Another worker went on from the checkpoint.
    for (const { key, worker } of lost) {
      const result = results[Number(key.slice(1))] as unknown as SumResult;
      expect(result.worker).not.toBe(worker);
      expect(result.from).toBeGreaterThan(0);
    }
    expect(coordinator.differences).toEqual([]);
    expect(await server.command('KEYS', '*checkpoint*')).toBe('*0\r\n');
    expect(notices).toEqual([
      expect.stringMatching(/^The Redis server at redis:\/\/127\.0\.0\.1:\d+ cannot be reached/),
      expect.stringMatching(/is there again\.$/),
    ]);
    for (const { output } of workers) expect(output).not.toContain('stderr');
  });
});
