import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { missingRedis, RedisServer } from '../../../test/support/redis-server';
import {
  Coordinator,
  type CoordinatorOptions,
  type JobEvent,
  TrialError,
  type WorkOptions,
  work,
} from '../src';
import { quick, sumOf, WorkerProcess } from './support/workers';

const missing = missingRedis();
const clean: (() => Promise<unknown>)[] = [];
let server: RedisServer;
let sweeps = 0;
let sweep: string;
let pool: string;
let notices: string[];

beforeAll(async () => {
  if (!missing) server = await RedisServer.start();
});
afterAll(() => server?.remove());
afterEach(async () => {
  for (const step of clean.splice(0).reverse()) await step();
});

/** A coordinator of a sweep of its own. */
async function coordinate(options: Partial<CoordinatorOptions> = {}): Promise<Coordinator> {
  const onNotice = (text: string) => notices.push(text);
  const coordinator = await Coordinator.connect({
    url: server.url,
    sweep,
    pool,
    timing: quick,
    onNotice,
    ...options,
  });
  clean.push(() => coordinator.close());
  return coordinator;
}

/** A worker in this process. */
function startWorker(
  name: string,
  run: WorkOptions['run'],
  options: Partial<WorkOptions> = {},
): { events: JobEvent[]; notices: string[]; end: () => Promise<void> } {
  const ending = new AbortController();
  const said = { events: [] as JobEvent[], notices: [] as string[] };
  const done = work({
    ...{ url: server.url, name, pool, timing: quick, run, signal: ending.signal },
    onNotice: (text) => said.notices.push(text),
    onJob: (event) => said.events.push(event),
    ...options,
  });
  const end = () => {
    ending.abort();
    return done;
  };
  clean.push(end);
  return { ...said, end };
}

/** Waits until a check passes. */
const until = (check: () => unknown) => vi.waitFor(check, { timeout: 30_000 });

const names = ({ events }: { events: JobEvent[] }) => events.map(({ event }) => event);
const keysLeft = async () => (await server.command('KEYS', `harmonic-mlp:sweep:${sweep}:*`)).split('\r\n')[0];

describe.skipIf(missing)('a trial in the queue', () => {
  beforeEach(() => {
    sweep = `sweep-${++sweeps}`;
    pool = `pool-${sweeps}`;
    notices = [];
  });

  it('is run by a worker, whose reports arrive in order', async () => {
    const coordinator = await coordinate();
    startWorker('a', async (data, { progress }) => {
      for (const epoch of [1, 2, 3]) await progress({ epoch });
      return { exact: { got: data as object }, seconds: 0.5 };
    });
    const reports: unknown[] = [];
    const result = await coordinator.train(
      { key: 'k', data: { learningRate: 0.1 } },
      {
        onProgress(progress, { worker }) {
          reports.push([progress, worker]);
          return 'continue';
        },
      },
    );
    expect(result).toEqual({ exact: { got: { learningRate: 0.1 } }, seconds: 0.5 });
    expect(reports).toEqual([1, 2, 3].map((epoch) => [{ epoch }, 'a']));
  });

  it('ends soon after the coordinator asks for it', async () => {
    const coordinator = await coordinate();
    startWorker('a', async (_, { progress }) => {
      for (let epoch = 1; ; epoch++) {
        await delay(10);
        if ((await progress({ epoch })) === 'stop') return { exact: { epoch } };
      }
    });
    const { exact } = await coordinator.train(
      { key: 'k', data: {} },
      { onProgress: (progress) => ((progress as { epoch: number }).epoch >= 3 ? 'stop' : 'continue') },
    );
    expect((exact as { epoch: number }).epoch).toBeGreaterThan(3);
  });

  it('is run once for several coordinators, whenever they come', async () => {
    const first = await coordinate();
    const gone = first.train({ key: 'k', data: {} });
    gone.catch(() => {});
    await until(async () =>
      expect(await server.command('EXISTS', `harmonic-mlp:${pool}:${sweep}|k`)).toBe(':1\r\n'),
    );
    await first.close();
    await expect(gone).rejects.toMatchObject({ code: 'CLOSED' });

    let runs = 0;
    startWorker('a', async (_, { progress }) => {
      runs++;
      await progress({ epoch: 1 });
      await delay(150);
      return { exact: { run: runs } };
    });
    // One that finds it running or finished, with its reports, and one that finds its result.
    await delay(300);
    const reports: unknown[] = [];
    const second = await coordinate();
    const onProgress = (progress: unknown) => {
      reports.push(progress);
      return 'continue' as const;
    };
    expect(await second.train({ key: 'k', data: {} }, { onProgress })).toEqual({ exact: { run: 1 } });
    expect(reports).toEqual([{ epoch: 1 }]);
    expect(await (await coordinate()).train({ key: 'k', data: {} })).toEqual({ exact: { run: 1 } });
    expect(runs).toBe(1);
  });

  it('fails with the message and code of the error, and runs anew when asked for again', async () => {
    const coordinator = await coordinate();
    let runs = 0;
    const worker = startWorker('a', async () => {
      if (runs++ === 0) throw Object.assign(new Error('The loss is NaN.'), { code: 'DIVERGED' });
      return { exact: {} };
    });
    const failed = await coordinator.train({ key: 'k', data: {} }).catch((error) => error);
    expect(failed).toBeInstanceOf(TrialError);
    expect(failed).toMatchObject({ message: 'The loss is NaN.', code: 'DIVERGED', worker: 'a' });
    await coordinator.train({ key: 'k', data: {} });
    expect(names(worker)).toEqual(['started', 'failed', 'started', 'finished']);
    expect([notices, worker.notices]).toEqual([[], []]);
  });

  it('fails if it gives nothing to compare', async () => {
    const coordinator = await coordinate();
    startWorker('a', async () => ({}) as { exact: object });
    await expect(coordinator.train({ key: 'k', data: {} })).rejects.toThrow('"exact"');
  });

  it('goes back at once, with its checkpoint, when the worker is told to end', async () => {
    const coordinator = await coordinate();
    const first = startWorker('a', async (_, { signal, saveCheckpoint, progress }) => {
      await saveCheckpoint(Uint8Array.of(0, 1, 255));
      await progress({ epoch: 1 });
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      throw new Error('never');
    });
    const result = coordinator.train(
      { key: 'k', data: {} },
      {
        onProgress() {
          first.end();
          return 'continue';
        },
      },
    );
    await until(() => expect(names(first)).toEqual(['started', 'given back']));
    await first.end();
    // Without waiting for the lock.
    const lock = await server.command('EXISTS', `harmonic-mlp:${pool}:${sweep}|k:lock`);
    expect(lock).toBe(':0\r\n');
    startWorker('b', async (_, { checkpoint }) => ({ exact: { bytes: [...checkpoint!] } }));
    expect(await result).toEqual({ exact: { bytes: [0, 1, 255] } });
    expect(notices).toEqual([]);
  });

  it('goes on elsewhere when its worker is killed', async () => {
    pool = 'trials'; // That of the worker process.
    const coordinator = await coordinate();
    const [a, data] = [new WorkerProcess(server.url, 'a'), { steps: 20, seed: 7 }];
    clean.push(() => a.end('SIGKILL'));
    const result = await coordinator.train(
      { key: 'k', data },
      {
        onProgress(progress, { worker }) {
          if (worker === 'a' && (progress as { step: number }).step === 4) {
            a.kill('SIGKILL');
            const b = new WorkerProcess(server.url, 'b');
            clean.push(() => b.end('SIGKILL'));
          }
          return 'continue';
        },
      },
    );
    expect(result).toMatchObject({ exact: { value: sumOf(data) }, worker: 'b' });
    expect(result.from).toBeGreaterThan(4);
  });

  it('fails once it has outlived too many workers', async () => {
    pool = 'trials';
    const coordinator = await coordinate();
    const a = new WorkerProcess(server.url, 'a', { stepMs: 10_000 });
    clean.push(() => a.end('SIGKILL'));
    const result = coordinator.train({ key: 'k', data: { steps: 1, seed: 1 } });
    result.catch(() => {}); // Until it is awaited.
    await until(() => expect(a.keys('started')).toEqual(['k']));
    // BullMQ counts them in this field.
    await server.command('HSET', `harmonic-mlp:trials:${sweep}|k`, 'stc', '20');
    await a.end('SIGKILL');
    const b = new WorkerProcess(server.url, 'b');
    clean.push(() => b.end('SIGKILL'));
    await expect(result).rejects.toThrow(/^The trial was taken over from 20 workers/);
    expect(b.keys('started')).toEqual([]);
  });

  describe('of a worker that was paused until another took it over', () => {
    /** A worker process that is stopped as soon as it has the trial until a second one is done, then goes on. */
    async function pauseAndGoOn(options: { ignoresProgress?: boolean; wrong?: string }) {
      pool = 'trials';
      const coordinator = await coordinate();
      const data = { steps: 12, seed: 3, wrong: options.wrong };
      const a = new WorkerProcess(server.url, 'a', { stepMs: 150, ...options });
      clean.push(() => a.end('SIGKILL'));
      const result = coordinator.train({ key: 'k', data });
      await until(() => expect(a.keys('started')).toEqual(['k']));
      a.kill('SIGSTOP');
      const b = new WorkerProcess(server.url, 'b', { stepMs: 1 });
      clean.push(() => b.end('SIGKILL'));
      expect(await result).toMatchObject({ exact: { value: sumOf(data) }, worker: 'b' });
      a.kill('SIGCONT');
      return { coordinator, a, b };
    }

    it('is left alone once that shows', async () => {
      const { coordinator, a, b } = await pauseAndGoOn({});
      await until(() => expect([a.keys('lost'), b.keys('finished')]).toEqual([['k'], ['k']]));
      expect(coordinator.differences).toEqual([]);
      // What the first wrote after it lost the trial was not taken.
      expect(await server.command('KEYS', `*${sweep}*checkpoint*`)).toBe('*0\r\n');
    });

    it('agrees with the other result', async () => {
      const { coordinator, a } = await pauseAndGoOn({ ignoresProgress: true });
      await until(() => expect(a.keys('finished')).toEqual(['k']));
      expect([a.notices, coordinator.differences, notices]).toEqual([[], [], []]);
    });

    it('is reported to both sides if it differs, and the first result stays', async () => {
      const { coordinator, a } = await pauseAndGoOn({ ignoresProgress: true, wrong: 'a' });
      await until(() => expect(coordinator.differences).toHaveLength(1));
      const value = sumOf({ steps: 12, seed: 3 });
      const [{ key, kept, other }] = coordinator.differences;
      expect([key, kept.worker, kept.result.exact]).toEqual(['k', 'b', { value }]);
      expect([other.worker, other.result.exact]).toEqual(['a', { value: -1 }]);
      const sentence = `Trial k gave different results: {"value":${value}} on b, which is kept, and {"value":-1} on a.`;
      expect([notices, a.notices]).toEqual([[sentence], [sentence]]);
      expect(await coordinator.train({ key: 'k', data: {} })).toMatchObject({ exact: { value } });
    });
  });

  it('is put into the queue again if the server has lost it', async () => {
    const coordinator = await coordinate();
    const result = coordinator.train({ key: 'k', data: {} });
    await until(async () =>
      expect(await server.command('EXISTS', `harmonic-mlp:${pool}:${sweep}|k`)).toBe(':1\r\n'),
    );
    await server.command('FLUSHALL');
    startWorker('a', async () => ({ exact: {} }));
    expect(await result).toEqual({ exact: {} });
  });

  it('waits for a worker, which is said', async () => {
    const coordinator = await coordinate({ timing: { ...quick, alone: 300 } });
    const result = coordinator.train({ key: 'k', data: {} });
    await until(() => expect(notices).toEqual([expect.stringContaining('No worker is connected')]));
    startWorker('a', async () => ({ exact: {} }));
    await result;
    expect(notices).toHaveLength(1);
  });

  it('ends for the coordinator when that is interrupted', async () => {
    const interrupt = new AbortController();
    const coordinator = await coordinate({ signal: interrupt.signal });
    const result = coordinator.train({ key: 'k', data: {} });
    setTimeout(() => interrupt.abort(new Error('interrupted')), 100);
    await expect(result).rejects.toThrow('interrupted');
    await expect(coordinator.train({ key: 'l', data: {} })).rejects.toThrow('interrupted');
  });

  it('leaves nothing of a sweep that is removed', async () => {
    const coordinator = await coordinate();
    startWorker('a', async (_, { progress, saveCheckpoint }) => {
      await saveCheckpoint(Uint8Array.of(1));
      await progress(1);
      return { exact: {} };
    });
    await Promise.all(['k', 'l'].map((key) => coordinator.train({ key, data: {} })));
    expect(await keysLeft()).not.toBe('*0');
    await coordinator.remove();
    expect(await keysLeft()).toBe('*0');
  });

  it('stops when its sweep is removed', async () => {
    const coordinator = await coordinate();
    const worker = startWorker('a', async (_, { progress }) => {
      for (let epoch = 1; (await progress({ epoch })) === 'continue'; epoch++) await delay(10);
      return { exact: {} };
    });
    coordinator.train({ key: 'k', data: {} }).catch(() => {});
    await until(() => expect(names(worker)).toEqual(['started']));
    await coordinator.remove();
    await until(() => expect(names(worker)).toEqual(['started', 'finished']));
  });

  it('is refused with a name that cannot be a part of keys', async () => {
    const coordinator = await coordinate();
    await expect(coordinator.train({ key: 'a:b', data: {} })).rejects.toThrow('The key is "a:b"');
    await expect(Coordinator.connect({ url: server.url, sweep: '' })).rejects.toThrow('The sweep is ""');
  });

  it('runs beside others up to the concurrency', async () => {
    const coordinator = await coordinate();
    let [running, most] = [0, 0];
    const run = async () => {
      most = Math.max(most, ++running);
      await delay(50);
      running--;
      return { exact: {} };
    };
    startWorker('a', run, { concurrency: 3 });
    await Promise.all([...'abcdefgh'].map((key) => coordinator.train({ key, data: {} })));
    expect(most).toBe(3);
  });
});
