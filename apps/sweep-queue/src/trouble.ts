import { type Address, withoutSecrets } from './address';
import { QueueError, type QueueErrorCode } from './errors';

/** What may be wrong with a server, in a sentence. */
export interface Trouble {
  /** What it concerns: the connection, or only commands that write. */
  about: 'connection' | 'writing';
  /** Tells one trouble from another, so that each is reported once. */
  kind: string;
  text: string;
  /** What it means if the very first connection meets it: the address is wrong. Absent if waiting may help. */
  fatal?: { code: QueueErrorCode; fix: string };
}

/** What servers answer to commands that write, and what that means. */
const refusedWrites: Record<string, string> = {
  OOM: 'is full (maxmemory is reached)',
  READONLY: 'is a read-only replica',
  MISCONF: 'cannot save to its disk and takes no changes',
  NOREPLICAS: 'takes no changes while replicas are missing',
  MASTERDOWN: 'is a replica that has lost its primary',
  LOADING: 'is still loading its data',
  CLUSTERDOWN: 'has no working cluster',
  BUSY: 'is busy with a script',
};

const certificate = /^(CERT_|DEPTH_ZERO_SELF_SIGNED|SELF_SIGNED|UNABLE_TO_|ERR_TLS_CERT)/;

/** What an error of ioredis or BullMQ says about the server, or undefined if it is not about the server. */
export function troubleOf(error: unknown, address: Address): Trouble | undefined {
  const { message = '', code = '' } = (error ?? {}) as Error & { code?: string };
  const server = `The Redis server at ${address.shown}`;
  // Redis 7 puts what a script was answered in front of, Redis 6 after, its own words.
  const word = /(?:^|: -?)([A-Z]{3,})\b/.exec(message)?.[1] ?? '';
  if (Object.hasOwn(refusedWrites, word)) {
    return {
      about: 'writing',
      kind: word,
      text: `${server} ${refusedWrites[word]}; trials go on once it accepts them again.`,
    };
  }
  if (/^(WRONGPASS|NOAUTH|ERR invalid password)/.test(message) || /'auth' command/.test(message)) {
    const isMissing = address.password === undefined;
    return {
      about: 'connection',
      kind: 'refused',
      text: isMissing ? `${server} requires a password.` : `${server} refuses the user or the password.`,
      fatal: {
        code: 'REFUSED',
        fix: isMissing
          ? 'Put user and password into the address, as in redis://user:password@host.'
          : 'Correct the address; special characters of a password are written as %40 and so on.',
      },
    };
  }
  if (message.startsWith('NOPERM')) {
    return {
      about: 'writing',
      kind: 'forbidden',
      text: `${server} does not let this user do what a queue needs: ${withoutSecrets(message, address)}.`,
      fatal: { code: 'REFUSED', fix: 'Give the user the permissions ~* &* +@all, or name another user.' },
    };
  }
  if (/DB index is out of range|invalid DB index/.test(message)) {
    return {
      about: 'connection',
      kind: 'database',
      text: `${server} has no database ${address.db}.`,
      fatal: { code: 'REFUSED', fix: 'Name another at the end of the address, or none.' },
    };
  }
  if (certificate.test(code)) {
    return {
      about: 'connection',
      kind: 'certificate',
      text: `The certificate of the Redis server at ${address.shown} is not trusted: ${code}.`,
      fatal: {
        code: 'UNTRUSTED',
        fix: 'Name the file of its certificate authority in NODE_EXTRA_CA_CERTS, or use the host name of the certificate.',
      },
    };
  }
  if (code === 'EPROTO' || code.startsWith('ERR_SSL')) {
    return {
      about: 'connection',
      kind: 'no TLS',
      text: `What answers at ${address.shown} does not speak TLS.`,
      fatal: { code: 'WRONG_SERVER', fix: 'Use redis:// if the connection is to be unencrypted.' },
    };
  }
  if (/^(Unknown RESP type|Protocol error)/.test(message)) {
    return {
      about: 'connection',
      kind: 'foreign',
      text: `What answers at ${address.shown} is not a Redis server.`,
      fatal: {
        code: 'WRONG_SERVER',
        fix: 'Correct the host or the port; for a server with TLS, use rediss://.',
      },
    };
  }
  // Redis refuses a transaction for what it refused in it.
  const [previous] = (error as { previousErrors?: unknown[] }).previousErrors ?? [];
  if (previous !== undefined) return troubleOf(previous, address);
  const isConnection =
    /^E[A-Z]+$/.test(code) || /Connection is closed|connection close|Socket|ETIMEDOUT/i.test(message);
  if (isConnection) return away(address, code);
}

/** The trouble of a server that is not there. */
export function away(address: Address, code = ''): Trouble {
  return {
    about: 'connection',
    kind: 'away',
    text: `The Redis server at ${address.shown} cannot be reached${code && ` (${code})`}; trying until it can.`,
  };
}

/** The error for a trouble that the first connection met. */
export function fatalError({ text, fatal }: Trouble): QueueError | undefined {
  return fatal && new QueueError(fatal.code, text, fatal.fix);
}
