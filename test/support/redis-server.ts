import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Why the tests that need a Redis server are skipped, or undefined if `redis-server` is installed. With REQUIRE_REDIS set, as in
 * CI, they fail instead.
 */
export function missingRedis(): string | undefined {
  try {
    execFileSync('redis-server', ['--version'], { stdio: 'ignore' });
    return undefined;
  } catch {
    const missing = 'There is no redis-server: install Redis, as with apt-get install redis-server.';
    if (process.env.REQUIRE_REDIS) throw new Error(missing);
    return missing;
  }
}

/** The options of {@link RedisServer.start}. */
export interface RedisServerOptions {
  /** Its port; a free one by default. */
  port?: number;
  /** The default user's password. */
  password?: string;
  /** More words of its command line, such as `--maxmemory 2mb`. */
  options?: string[];
}

/** A free TCP port. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

/** A Redis server of its own, which keeps its data in an append-only file of a temporary folder. */
export class RedisServer {
  #process?: ChildProcess;

  private constructor(
    readonly port: number,
    readonly folder: string,
    readonly given: RedisServerOptions,
  ) {}

  /** Starts a server. */
  static async start(given: RedisServerOptions = {}): Promise<RedisServer> {
    const folder = await mkdtemp(join(tmpdir(), 'redis-'));
    const server = new RedisServer(given.port ?? (await freePort()), folder, given);
    await server.start();
    return server;
  }

  /** Its address, with the password if it has one. */
  get url(): string {
    const { password } = this.given;
    const user = password === undefined ? '' : `default:${encodeURIComponent(password)}@`;
    return `redis://${user}127.0.0.1:${this.port}`;
  }

  /** Starts it, with what its append-only file has, and waits until it answers. */
  async start(): Promise<void> {
    const { password, options = [] } = this.given;
    this.#process = spawn(
      'redis-server',
      [
        ...['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.folder, '--save', ''],
        ...['--appendonly', 'yes', '--appendfsync', 'always'],
        ...(password === undefined ? [] : ['--requirepass', password]),
        ...options,
      ],
      { stdio: 'ignore' },
    );
    for (;;) {
      const answer = await this.command('PING').catch(() => '');
      if (/^(\+PONG|-NOAUTH)/.test(answer)) return;
      if (this.#process.exitCode !== null)
        throw new Error(`redis-server ended with ${this.#process.exitCode}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Ends it, by SIGTERM as an administrator or by SIGKILL as a failing machine, and waits until it is gone. */
  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await once(child, 'exit');
  }

  /** Ends it and removes its data. */
  async remove(): Promise<void> {
    await this.stop('SIGKILL');
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Its raw answer to a command, on a connection without BullMQ and ioredis. */
  async command(...words: string[]): Promise<string> {
    const socket: Socket = connect(this.port, '127.0.0.1');
    try {
      await once(socket, 'connect');
      const { password } = this.given;
      if (password !== undefined && words[0] !== 'PING') {
        socket.write(encode(['AUTH', password]));
        await once(socket, 'data');
      }
      socket.write(encode(words));
      const [data] = await once(socket, 'data');
      return String(data);
    } finally {
      socket.destroy();
    }
  }
}

const encode = (words: string[]) =>
  `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`;
