import { QueueError } from './errors';

/** Everything here begins with this in Redis, BullMQ's own keys included. */
export const prefix = 'harmonic-mlp';

/** The names of a sweep's keys in Redis. */
export class SweepKeys {
  readonly #start: string;

  constructor(readonly sweep: string) {
    this.#start = `${prefix}:sweep:${sweep}`;
  }

  /** The channel that announces news of a trial. */
  get channel() {
    return `${this.#start}:news`;
  }
  /** The set of the sweep's trials. */
  get trials() {
    return `${this.#start}:trials`;
  }
  /** The list of results that differed. */
  get differences() {
    return `${this.#start}:differences`;
  }
  result(key: string) {
    return `${this.#start}:result:${key}`;
  }
  failure(key: string) {
    return `${this.#start}:failure:${key}`;
  }
  checkpoint(key: string) {
    return `${this.#start}:checkpoint:${key}`;
  }
  /** The files that the trial leaves to the coordinator, by name. */
  files(key: string) {
    return `${this.#start}:files:${key}`;
  }
  /** The list of what the trial has reported. */
  progress(key: string) {
    return `${this.#start}:progress:${key}`;
  }
  /** Present if the coordinator asked for the trial's end. */
  stop(key: string) {
    return `${this.#start}:stop:${key}`;
  }
  /** Everything about a trial. */
  ofTrial(key: string) {
    return [
      this.result(key),
      this.failure(key),
      this.checkpoint(key),
      this.files(key),
      this.progress(key),
      this.stop(key),
    ];
  }
  /** The trial's job in BullMQ. */
  job(key: string) {
    return `${this.sweep}|${key}`;
  }
}

/** Checks the name of a sweep, a trial, or a pool, which becomes a part of keys. */
export function checkName(what: string, name: string): string {
  if (/^[\w.+-]{1,200}$/.test(name)) return name;
  throw new QueueError(
    'INVALID_ARGUMENT',
    `${what} is ${JSON.stringify(name)}; it must be 1 to 200 letters, digits, and - _ . +`,
  );
}
