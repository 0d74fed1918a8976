import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  freePort,
  missingRedis,
  RedisServer,
  type RedisServerOptions,
} from '../../../test/support/redis-server';
import { Coordinator, QueueError, type WorkOptions, work } from '../src';
import { queueAddress } from '../src/address';
import { connect } from '../src/connection';
import { Notices } from '../src/notices';
import { quick, sumOf, WorkerProcess } from './support/workers';

const missing = missingRedis();
const noOpenssl = spawnSync('openssl', ['version']).status !== 0;
const clean: (() => unknown)[] = [];
const printed = vi.fn();
let sweeps = 0;

beforeEach(() => {
  printed.mockClear();
  for (const method of ['log', 'info', 'warn', 'error'] as const)
    vi.spyOn(console, method).mockImplementation(printed);
  vi.spyOn(process, 'emitWarning').mockImplementation(printed);
});
afterEach(async () => {
  for (const step of clean.splice(0).reverse()) await step();
  // BullMQ and ioredis would print many of these troubles.
  expect(printed).not.toHaveBeenCalled();
  vi.restoreAllMocks();
});

async function startServer(options?: RedisServerOptions): Promise<RedisServer> {
  const server = await RedisServer.start(options);
  clean.push(() => server.remove());
  return server;
}

/** A coordinator, and what it said so far, even before it was connected. */
function coordinate(url: string): { notices: string[]; connected: Promise<Coordinator> } {
  const notices: string[] = [];
  const sweep = `troubles-${++sweeps}`;
  const interrupt = new AbortController();
  const connected = Coordinator.connect({
    ...{ url, sweep, timing: quick, signal: interrupt.signal },
    onNotice: (text) => notices.push(text),
  });
  clean.push(async () => {
    interrupt.abort();
    await connected.then(
      (coordinator) => coordinator.close(),
      () => {},
    );
  });
  return { notices, connected };
}

function startWorker(url: string, run: WorkOptions['run'] = async () => ({ exact: {} })) {
  const notices: string[] = [];
  const ending = new AbortController();
  const done = work({
    ...{ url, run, timing: quick, signal: ending.signal, name: 'a' },
    onNotice: (text) => notices.push(text),
  });
  done.catch(() => {});
  clean.push(() => {
    ending.abort();
    return done.catch(() => {});
  });
  return { notices, done };
}

const until = (check: () => unknown) => vi.waitFor(check, { timeout: 30_000 });

/** What both sides say of an outage. */
const outage = (server: RedisServer) => [
  expect.stringMatching(
    new RegExp(
      `^The Redis server at redis://127.0.0.1:${server.port} cannot be reached.*; trying until it can.$`,
    ),
  ),
  `The Redis server at redis://127.0.0.1:${server.port} is there again.`,
];

describe.skipIf(missing)('a server that', () => {
  it('is away at the start is waited for', async () => {
    const port = await freePort();
    const url = `redis://127.0.0.1:${port}`;
    const [{ connected, notices }, worker] = [coordinate(url), startWorker(url)];
    await until(() => expect([notices.length, worker.notices.length]).toEqual([1, 1]));
    await delay(3 * quick.retry); // Which is not said again.
    const server = await startServer({ port });
    expect(await (await connected).train({ key: 'k', data: {} })).toEqual({ exact: {} });
    expect([notices, worker.notices]).toEqual([outage(server), outage(server)]);
  });

  it('is away for longer than a lock lasts costs no result', async () => {
    const server = await startServer();
    const { connected, notices } = coordinate(server.url);
    const worker = new WorkerProcess(server.url, 'a', { stepMs: 80 });
    clean.push(() => worker.end('SIGKILL'));
    const coordinator = await connected;
    const data = { steps: 25, seed: 5 };
    const result = coordinator.train({ key: 'k', data });
    await until(() => expect(worker.keys('started')).toEqual(['k']));
    await server.stop();
    await delay(1.5 * quick.lock);
    await server.start();
    expect(await result).toMatchObject({ exact: { value: sumOf(data) } });
    expect([notices, worker.notices]).toEqual([outage(server), outage(server)]);
    expect(worker.output).not.toContain('stderr');
    expect(await worker.end()).toBe(0);
  });

  it('goes away does not keep a worker from ending', async () => {
    const server = await startServer();
    const worker = new WorkerProcess(server.url, 'a', { stepMs: 10_000 });
    clean.push(() => worker.end('SIGKILL'));
    const coordinator = await coordinate(server.url).connected;
    coordinator.train({ key: 'k', data: { steps: 5, seed: 5 } }).catch(() => {});
    await until(() => expect(worker.keys('started')).toEqual(['k']));
    await server.stop();
    expect(await worker.end()).toBe(0);
    expect(worker.output).not.toContain('stderr');
  });

  it.each([
    ['none', (port: number) => `redis://127.0.0.1:${port}`, 'requires a password'],
    [
      'a wrong one',
      (port: number) => `redis://:wr%40ng@127.0.0.1:${port}`,
      'refuses the user or the password',
    ],
    ['another user', (port: number) => `redis://wr%40ng:wr%40ng@127.0.0.1:${port}`, 'refuses the user'],
  ])('requires a password refuses %s', async (_, address, text) => {
    const { port } = await startServer({ password: 'right' });
    for (const failing of [coordinate(address(port)).connected, startWorker(address(port)).done]) {
      const error = await failing.catch((thrown) => thrown);
      expect(error).toBeInstanceOf(QueueError);
      expect(error).toMatchObject({ code: 'REFUSED', message: expect.stringContaining(text) });
      expect(error.message).not.toMatch(/wr(@|%40)ng/);
    }
  });

  it('requires a password accepts the right one, and may refuse it for a while', async () => {
    const server = await startServer({ password: 'pa55/w%rd@' });
    const { connected, notices } = coordinate(server.url);
    const worker = startWorker(server.url);
    const coordinator = await connected;
    await coordinator.train({ key: 'k', data: {} });
    await server.command('CONFIG', 'SET', 'requirepass', 'other');
    server.given.password = 'other';
    await server.command('CLIENT', 'KILL', 'TYPE', 'normal').catch(() => {});
    await until(() => expect(notices.join()).toContain('refuses the user or the password'));
    const result = coordinator.train({ key: 'l', data: {} });
    await delay(3 * quick.retry);
    await server.command('CONFIG', 'SET', 'requirepass', 'pa55/w%rd@');
    expect(await result).toEqual({ exact: {} });
    for (const said of [notices, worker.notices]) {
      expect(said.filter((text) => text.includes('refuses'))).toHaveLength(1);
      expect(said.at(-1)).toContain('is there again');
      expect(said.join()).not.toMatch(/pa55|other/);
    }
  });

  it('needs no password is pointed out', async () => {
    const server = await startServer();
    const { connected, notices } = coordinate(`redis://:secret@127.0.0.1:${server.port}`);
    await connected;
    expect(notices).toEqual([expect.stringContaining('has no password')]);
  });

  it('does not permit what a queue needs is refused', async () => {
    const server = await startServer();
    await server.command('ACL', 'SETUSER', 'me', 'on', '>secret', '~other:*', '&*', '+@all');
    const url = `redis://me:secret@127.0.0.1:${server.port}`;
    await expect(coordinate(url).connected).rejects.toMatchObject({ code: 'REFUSED' });
  });

  it('is full is waited for', async () => {
    const server = await startServer();
    const { connected, notices } = coordinate(server.url);
    const coordinator = await connected;
    let filled = false;
    const fill = async () => {
      await server.command('CONFIG', 'SET', 'maxmemory', '1');
      filled = true;
    };
    const saved: boolean[] = [];
    const worker = startWorker(server.url, async (_, { progress, saveCheckpoint }) => {
      if (!filled) await fill();
      saved.push(await saveCheckpoint(Uint8Array.of(1))); // Neither fails the trial.
      await progress(1);
      return { exact: { done: true } };
    });
    const results = Promise.all(['k', 'l'].map((key) => coordinator.train({ key, data: {} })));
    results.catch(() => {}); // Until it is awaited.
    await until(() => expect(worker.notices).toHaveLength(1));
    await delay(2 * quick.lock); // No result comes, and nothing is said again.
    const third = coordinator.train({ key: 'm', data: {} });
    await until(() => expect(notices).toHaveLength(1));
    await server.command('CONFIG', 'SET', 'maxmemory', '0');
    expect([...(await results), await third]).toEqual(Array(3).fill({ exact: { done: true } }));
    expect([saved[0], saved.at(-1)]).toEqual([false, true]);
    for (const said of [notices, worker.notices]) {
      expect(said).toEqual([
        expect.stringMatching(
          / is full \(maxmemory is reached\); trials go on once it accepts them again\.$/,
        ),
        expect.stringMatching(/ accepts trials again\.$/),
      ]);
    }
  });

  it('is full is not asked for trials without pause', async () => {
    const server = await startServer();
    const coordinator = await coordinate(server.url).connected;
    const result = coordinator.train({ key: 'k', data: {} });
    await until(async () => expect(await server.command('LLEN', 'harmonic-mlp:trials:wait')).toBe(':1\r\n'));
    await server.command('CONFIG', 'SET', 'maxmemory', '1');
    await server.command('CONFIG', 'RESETSTAT');
    const worker = startWorker(server.url);
    await until(() => expect(worker.notices).toHaveLength(1));
    await delay(5 * quick.retry);
    const stats = await server.command('INFO', 'commandstats');
    expect(Number(/cmdstat_evalsha:calls=(\d+)/.exec(stats)![1])).toBeLessThan(60);
    await server.command('CONFIG', 'SET', 'maxmemory', '0');
    await result;
    expect(worker.notices).toEqual([
      expect.stringContaining('is full'),
      expect.stringContaining('accepts trials again'),
    ]);
  });

  it('is a read-only replica is waited for', async () => {
    const primary = await startServer();
    const replica = await startServer({ options: ['--replicaof', '127.0.0.1', String(primary.port)] });
    const { connected, notices } = coordinate(replica.url);
    const worker = startWorker(replica.url);
    const result = (await connected).train({ key: 'k', data: {} });
    await delay(3 * quick.retry);
    await replica.command('REPLICAOF', 'NO', 'ONE');
    expect(await result).toEqual({ exact: {} });
    expect(notices).toEqual([
      expect.stringContaining('is a read-only replica'),
      expect.stringContaining('accepts trials again'),
    ]);
    expect(worker.notices[0]).toContain('is a read-only replica');
    expect(worker.notices.length).toBeLessThanOrEqual(2);
  });

  it('may evict keys is pointed out', async () => {
    const server = await startServer({ options: ['--maxmemory-policy', 'allkeys-lru'] });
    const { connected, notices } = coordinate(server.url);
    startWorker(server.url);
    await (await connected).train({ key: 'k', data: {} });
    expect(notices).toEqual([
      expect.stringMatching(/may drop trials .* allkeys-lru; set it to noeviction\.$/),
    ]);
  });

  it('has several databases keeps the queue in the one of the address', async () => {
    const server = await startServer();
    const url = `${server.url}/3`;
    startWorker(url);
    await (await coordinate(url).connected).train({ key: 'k', data: {} });
    expect(await server.command('KEYS', '*')).toBe('*0\r\n');
    await expect(coordinate(`${server.url}/99`).connected).rejects.toThrow(
      /has no database 99\. Name another/,
    );
  });

  it('listens at a Unix domain socket serves as well', async () => {
    const server = await startServer();
    const path = join(server.folder, 'redis.sock');
    await server.stop();
    server.given.options = ['--unixsocket', path];
    await server.start();
    const url = `redis+unix://${path}`;
    startWorker(url);
    expect(await (await coordinate(url).connected).train({ key: 'k', data: {} })).toEqual({ exact: {} });
  });

  it('is part of a cluster is refused', async () => {
    const { url } = await startServer({ options: ['--cluster-enabled', 'yes'] });
    await expect(coordinate(url).connected).rejects.toMatchObject({ code: 'WRONG_SERVER' });
  });

  it('lets nothing connect any more that is made from a connection after its end', async () => {
    const { url } = await startServer();
    const address = queueAddress(url);
    const connection = await connect(address, { notices: new Notices(address, () => {}), timing: quick });
    const before = connection.duplicate();
    await until(() => expect(before.status).toBe('ready'));
    connection.endAll();
    const after = connection.duplicate();
    await until(() => expect([before.status, after.status]).toEqual(['end', 'end']));
    expect(connection.isEnded).toBe(true);
  });

  describe.skipIf(noOpenssl)(`speaks TLS${noOpenssl ? ': openssl is not installed' : ''}`, () => {
    /** A server with a certificate of its own, at a port with TLS and at one without. */
    async function startServers() {
      const folder = await mkdtemp(join(tmpdir(), 'certificate-'));
      clean.push(() => rm(folder, { recursive: true, force: true }));
      const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
      const made = spawnSync('openssl', [
        ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
        ...['-keyout', key, '-out', certificate, '-days', '2', '-subj', '/CN=localhost'],
        ...['-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost'],
      ]);
      expect(made.status, String(made.stderr)).toBe(0);
      const port = await freePort();
      const options = ['--tls-port', String(port), '--tls-cert-file', certificate, '--tls-key-file', key];
      const server = await startServer({
        options: [...options, '--tls-ca-cert-file', certificate, '--tls-auth-clients', 'no'],
      });
      return { server, port, certificate };
    }

    it('has a worker that trusts its certificate', async () => {
      const { server, port, certificate } = await startServers();
      const trust = { NODE_EXTRA_CA_CERTS: certificate };
      const coordinator = await coordinate(server.url).connected;
      for (const host of ['127.0.0.1', 'localhost']) {
        const worker = new WorkerProcess(`rediss://${host}:${port}`, 'a', {}, trust);
        clean.push(() => worker.end('SIGKILL'));
        const result = await coordinator.train({ key: host, data: { steps: 3, seed: 5 } });
        expect(result).toMatchObject({ exact: { value: sumOf({ steps: 3, seed: 5 }) } });
        expect(await worker.end()).toBe(0);
        expect(worker.notices.filter((text) => !text.includes('has no password'))).toEqual([]);
      }
    });

    it('is refused with the reason where its certificate is not trusted', async () => {
      const { port } = await startServers();
      await expect(coordinate(`rediss://127.0.0.1:${port}`).connected).rejects.toMatchObject({
        code: 'UNTRUSTED',
        message: expect.stringMatching(
          /^The certificate of the Redis server at rediss:.* is not trusted: DEPTH_ZERO_SELF_SIGNED_CERT\. Name the file of its .* in NODE_EXTRA_CA_CERTS/,
        ),
      });
    });
  });

  it('does not speak TLS does not answer an address that asks for it', async () => {
    const { port } = await startServer();
    const { notices } = coordinate(`rediss://127.0.0.1:${port}`);
    await until(() => expect(notices).toEqual([expect.stringContaining('without TLS, use redis://')]));
  });
});

describe('what is no Redis server', () => {
  async function listen(server: Server): Promise<string> {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    clean.push(() => server.close());
    return `redis://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  it('is refused', async () => {
    const url = await listen(createServer((_, response) => response.end('hello')));
    await expect(coordinate(url).connected).rejects.toMatchObject({
      code: 'WRONG_SERVER',
      message: expect.stringContaining('is not a Redis server. Correct the host or the port'),
    });
  });

  it('is waited for if it does not answer, until interrupted', async () => {
    const url = await listen(createTcpServer((socket) => clean.push(() => socket.destroy())));
    const { notices } = coordinate(url);
    await until(() => expect(notices).toEqual([expect.stringContaining('cannot be reached (no answer)')]));
  });
});
