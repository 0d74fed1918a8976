/**
 * What went wrong with the queue.
 *
 * - `INVALID_ADDRESS`: the address of the queue cannot be read, or names a server that is not supported;
 * - `REFUSED`: the server refuses the user, the password, or the database;
 * - `UNTRUSTED`: the server's certificate is not trusted;
 * - `WRONG_SERVER`: what answers is not a Redis server that can hold a queue;
 * - `INVALID_ARGUMENT`: a sweep, a key, or an option is outside what is allowed;
 * - `CLOSED`: the coordinator was closed before the trial ended.
 */
export type QueueErrorCode =
  | 'INVALID_ADDRESS'
  | 'REFUSED'
  | 'UNTRUSTED'
  | 'WRONG_SERVER'
  | 'INVALID_ARGUMENT'
  | 'CLOSED';

/** An error of the queue itself. The message is the problem and, if there is one, the fix; it contains no password. */
export class QueueError extends Error {
  override readonly name: string = 'QueueError';

  /**
   * @param code what kind of error it is
   * @param problem what is wrong, as a sentence
   * @param fix what to do about it, as a sentence
   */
  constructor(
    readonly code: QueueErrorCode,
    readonly problem: string,
    readonly fix?: string,
  ) {
    super(fix === undefined ? problem : `${problem} ${fix}`);
  }
}

/** The failure of a trial: `run` threw on a worker. The message is that of the worker's error. */
export class TrialError extends Error {
  override readonly name: string = 'TrialError';

  /**
   * @param message the message of the error on the worker
   * @param code its code, if it had one
   * @param worker the name of the worker
   */
  constructor(
    message: string,
    readonly code: string | undefined,
    readonly worker: string,
  ) {
    super(message);
  }
}
