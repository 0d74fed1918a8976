import { isIP } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { Redis, type RedisOptions } from 'ioredis';
import { type Address, withoutSecrets } from './address';
import { QueueError } from './errors';
import { prefix } from './keys';
import type { Notices } from './notices';
import { type ScriptCommands, scripts } from './scripts';
import type { Timing } from './timing';
import { away, fatalError, type Trouble, troubleOf } from './trouble';

/** The options of ioredis for replies as BullMQ expects them. */
type Options = Omit<RedisOptions, 'replyMapping'>;

/** A connection that waits for its server and prints nothing, with the commands of {@link scripts}. */
export type Connection = Redis &
  ScriptCommands & {
    /** Ends this connection and all that were made from it, whatever state they are in. */
    endAll(): void;
    /** Whether it was ended on purpose. */
    readonly isEnded: boolean;
  };

/** A connection and those that were made from it. */
interface Family {
  readonly members: Redis[];
  /** Whether they were ended: none connects again. */
  isEnded: boolean;
}

function makeConnection(
  options: Options,
  notices: Notices,
  family: Family = { members: [], isEnded: false },
): Connection {
  const { retryStrategy } = options;
  const client = new Redis({
    ...options,
    retryStrategy: (times) => (family.isEnded ? null : retryStrategy?.(times)),
  });
  family.members.push(client);
  client.on('error', () => {}); // ioredis prints errors that nobody listens to.

  // Where no password is needed, ioredis prints a warning.
  const { auth } = client;
  client.auth = async (...args: unknown[]): Promise<'OK'> => {
    try {
      return await (auth as (...args: unknown[]) => Promise<'OK'>).apply(client, args);
    } catch (error) {
      const { message } = error as Error;
      if (/no password is set|without any password configured/.test(message)) {
        const { shown } = notices.address;
        notices.once(`The Redis server at ${shown} has no password: anyone who reaches it can use it.`);
        return 'OK';
      }
      // It also prints the answer of Redis 5 to a user, of which that version knows none.
      if (/number of arguments for 'auth'/.test(message)) throw new Error('ERR invalid password');
      throw error;
    }
  };
  // BullMQ makes its blocking connections like this.
  client.duplicate = ((override?: Options) =>
    makeConnection({ ...options, ...override, lazyConnect: false }, notices, family)) as Redis['duplicate'];

  const endAll = () => {
    family.isEnded = true;
    for (const member of family.members) member.disconnect();
  };
  Object.defineProperty(client, 'isEnded', { get: () => family.isEnded });
  // What BullMQ is still doing when it has been given up must not keep the process alive.
  if (family.isEnded) client.disconnect();
  return Object.assign(client, { endAll }) as Redis as Connection;
}

/**
 * Connects, and waits until the server is there and can hold a queue.
 *
 * @throws QueueError if the server refuses the password, or is none that can hold a queue
 */
export async function connect(address: Address, { notices, timing, signal }: Patience): Promise<Connection> {
  signal?.throwIfAborted();
  const { host, port, path, username, password, db, tls } = address;
  const client = makeConnection(
    {
      ...(path === undefined ? { host, port } : { path }),
      username,
      password,
      db,
      ...(tls && { tls: isIP(host) ? {} : { servername: host } }),
      protocol: 2, // With it, the password goes through `auth` above.
      maxRetriesPerRequest: null, // Commands wait for the server; BullMQ requires it.
      retryStrategy: (times) => Math.min(100 * 2 ** Math.min(times, 10), timing.retry),
      scripts: { ...scripts },
      disconnectTimeout: 200, // Its timer keeps a process alive.
      lazyConnect: true,
    },
    notices,
  );

  // A server without TLS waits for the rest of what it takes for a command.
  const silence = tls ? 'no answer: without TLS, use redis://' : 'no answer';
  const unanswered = setTimeout(() => notices.trouble(away(address, silence)), timing.grace);
  try {
    const ready = new Promise<void>((resolve, reject) => {
      let isOpen = false;
      let met: Trouble | undefined;
      client.on('error', (error) => {
        met = troubleOf(error, address);
        // A server with TLS resets connections that do not begin as it expects.
        if (!isOpen && !tls && (error as NodeJS.ErrnoException).code === 'ECONNRESET')
          met = away(address, 'ECONNRESET: with TLS, use rediss://');
        if (met === undefined) {
          notices.once(
            `The connection to ${address.shown} failed: ${withoutSecrets(error.message, address)}.`,
          );
          return;
        }
        const fatal = fatalError(met);
        if (fatal) reject(fatal);
        if (!fatal || isOpen) notices.trouble(met);
      });
      client.on('close', () => {
        if (isOpen && met === undefined && !client.isEnded) notices.trouble(away(address));
        met = undefined;
      });
      client.on('ready', () => {
        isOpen = true;
        notices.fine('connection');
        resolve();
      });
      client.connect().catch(() => {}); // The events tell.
    });
    await abortable(ready, signal);
    await abortable(checkServer(client, notices), signal);
    return client;
  } catch (error) {
    client.endAll();
    throw error;
  } finally {
    clearTimeout(unanswered);
  }
}

/** Checks that a server can hold a queue, and warns where it might lose one. */
async function checkServer(client: Connection, notices: Notices): Promise<void> {
  const { shown } = notices.address;
  // A user may lack the permission to ask.
  const text = await client.info().catch(() => '');
  const info = new Map(text.split(/\r?\n/).map((line) => line.split(':', 2) as [string, string]));
  const mode = info.get('redis_mode');
  if (mode === 'cluster' || mode === 'sentinel') {
    throw new QueueError(
      'WRONG_SERVER',
      `The Redis server at ${shown} is part of a ${mode === 'cluster' ? 'cluster' : 'group of sentinels'}, which the queue does not support.`,
      'Use a single Redis or Valkey server.',
    );
  }
  const version = info.get('redis_version');
  if (version !== undefined && Number.parseInt(version, 10) < 5) {
    throw new QueueError(
      'WRONG_SERVER',
      `The Redis server at ${shown} has version ${version}; the queue needs 5 or later.`,
      'Update it.',
    );
  }
  try {
    await client.eval("return redis.call('EXISTS', KEYS[1])", 1, `${prefix}:permission`);
  } catch (error) {
    const trouble = troubleOf(error, notices.address);
    throw (trouble && fatalError(trouble)) ?? error;
  }
  if (info.get('role') === 'slave') notices.trouble(troubleOf(new Error('READONLY'), notices.address)!);
  const policy = info.get('maxmemory_policy');
  if (policy !== undefined && policy !== 'noeviction') {
    notices.once(
      `The Redis server at ${shown} may drop trials when its memory is full, for its maxmemory-policy is ${policy}; set it to noeviction.`,
    );
  }
}

/** How to go on when the server cannot execute a command. */
export interface Patience {
  notices: Notices;
  timing: Timing;
  /** When to give up. */
  signal?: AbortSignal;
}

/**
 * Runs a command that must succeed, again and again while the server cannot execute it.
 *
 * @throws the signal's reason, or an error that is not about the server
 */
export async function untilDone<T>(
  command: () => Promise<T>,
  { notices, timing, signal }: Patience,
): Promise<T> {
  for (;;) {
    signal?.throwIfAborted();
    try {
      return await abortable(command(), signal);
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      const trouble = troubleOf(error, notices.address);
      if (trouble === undefined) throw error;
      // The connection's own events tell of its troubles.
      if (trouble.kind !== 'away') notices.trouble(trouble);
      await delay(timing.retry, undefined, { signal }).catch(() => {});
    }
  }
}

/** Like {@link untilDone}, of a command that writes: its success shows that the server takes changes again. */
export async function untilWritten<T>(command: () => Promise<T>, patience: Patience): Promise<T> {
  const value = await untilDone(command, patience);
  patience.notices.fine('writing');
  return value;
}

/** The value of a promise, or the signal's reason if that comes first. */
export async function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  promise.catch(() => {}); // If the signal comes first.
  let stop = () => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
