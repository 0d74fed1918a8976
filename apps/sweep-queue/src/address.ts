import { QueueError } from './errors';

/** The environment variable that {@link queueUrl} reads: command lines are visible to other users of a machine. */
export const variable = 'HARMONIC_MLP_QUEUE';

/** Where the queue is, and how to show that without secrets. */
export interface Address {
  /** The host, without the brackets of IPv6. */
  host: string;
  /** The TCP port. */
  port: number;
  /** The file of a Unix domain socket, in place of host and port. */
  path?: string;
  /** The user of Redis's access control list. */
  username?: string;
  /** The password. */
  password?: string;
  /** The number of the database. */
  db: number;
  /** Whether the connection is encrypted. */
  tls: boolean;
  /** The address without user and password. */
  shown: string;
}

/**
 * The address of the queue: an option's value, or the environment variable `HARMONIC_MLP_QUEUE`, which keeps a password off the
 * command line.
 *
 * @throws QueueError `INVALID_ADDRESS` if neither is given
 */
export function queueUrl(given: string | undefined, env: NodeJS.ProcessEnv = process.env): string {
  const url = given || env[variable];
  if (url) return url;
  throw new QueueError(
    'INVALID_ADDRESS',
    'There is no address of a queue.',
    `Give one such as redis://host:6379, or set ${variable}.`,
  );
}

const allowed =
  'It must be redis://[user:password@]host[:port][/database], or rediss:// for TLS; write special characters of a password as %40 and so on.';

/**
 * Reads an address: `redis://[user:password@]host[:port][/database]`, `rediss://…` for TLS, `valkey://` and `valkeys://` with the
 * same meanings, or `redis+unix:///path/to/socket[?db=1]`. The port defaults to 6379, the database to 0.
 *
 * @throws QueueError `INVALID_ADDRESS`; its message repeats nothing that may be a secret
 */
export function queueAddress(url: string): Address {
  const scheme = /^([a-z+]+):\/\//i.exec(url)?.[1].toLowerCase();
  if (scheme !== undefined && /^postgres(ql)?$/.test(scheme)) {
    throw new QueueError(
      'INVALID_ADDRESS',
      'The queue cannot be in PostgreSQL: checkpoints and results are kept in Redis.',
      'Give the address of a Redis or Valkey server.',
    );
  }
  const tls = scheme === 'rediss' || scheme === 'valkeys';
  const isSocket = scheme === 'redis+unix';
  if (!tls && !isSocket && scheme !== 'redis' && scheme !== 'valkey')
    throw new QueueError('INVALID_ADDRESS', 'The address of the queue cannot be read.', allowed);
  let parts: URL;
  let [username, password, path]: (string | undefined)[] = [];
  try {
    parts = new URL(url);
    [username, password, path] = [parts.username, parts.password, parts.pathname].map(decodeURIComponent);
  } catch {
    throw new QueueError('INVALID_ADDRESS', 'The address of the queue cannot be read.', allowed);
  }
  const number = isSocket ? (parts.searchParams.get('db') ?? '') : path.slice(1);
  const unknown = [...parts.searchParams.keys()].some((name) => !isSocket || name !== 'db') || parts.hash;
  if (unknown || !/^\d*$/.test(number) || (isSocket ? path === '' || path === '/' : parts.hostname === ''))
    throw new QueueError('INVALID_ADDRESS', 'The address of the queue cannot be read.', allowed);

  const db = Number(number);
  const port = Number(parts.port || 6379);
  const place = isSocket ? path : `${parts.hostname}:${port}`;
  const database = db === 0 ? '' : isSocket ? `?db=${db}` : `/${db}`;
  return {
    host: parts.hostname.replace(/^\[(.*)\]$/, '$1'),
    port,
    ...(isSocket && { path }),
    ...(username && { username }),
    ...(password && { password }),
    db,
    tls,
    shown: `${scheme}://${place}${database}`,
  };
}

/** An address as it may be shown: without user and password. */
export const showAddress = (url: string): string => queueAddress(url).shown;

/** A text of a library or server without the password of an address, as it is and as URLs encode it. */
export const withoutSecrets = (text: string, { password }: Address): string =>
  password === undefined
    ? text
    : text.replaceAll(password, '…').replaceAll(encodeURIComponent(password), '…');
