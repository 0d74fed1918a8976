import { setMaxListeners } from 'node:events';
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { type Job, UnrecoverableError, WaitingError, Worker } from 'bullmq';
import { queueAddress, withoutSecrets } from './address';
import { type Connection, connect, type Patience, untilDone, untilWritten } from './connection';
import { checkName, prefix, SweepKeys } from './keys';
import { Notices } from './notices';
import { defaultTiming, keptSeconds, type Timing } from './timing';
import {
  agree,
  type Difference,
  type FailureRecord,
  type ProgressRecord,
  type ResultRecord,
  type TrialResult,
  tellDifference,
} from './trial-record';
import { troubleOf } from './trouble';

/** What `run` is given besides the trial's data. */
export interface RunContext {
  /** Aborted when the worker is to end, or another worker has this trial: save a checkpoint if that is quick, and reject. */
  signal: AbortSignal;
  /** The newest checkpoint of an earlier run of this trial, which may have been on another machine. */
  checkpoint?: Uint8Array;
  /**
   * Keeps a checkpoint in place of the one before, while this worker has the trial. It never fails; if the server is away, the
   * newest one is kept once it is back. Nobody needs to wait for it.
   *
   * @returns whether the newest one was kept.
   */
  saveCheckpoint(bytes: Uint8Array): Promise<boolean>;
  /** Leaves a file to the coordinator, which finds it with the result. Waits for a server that is away. */
  keepFile(name: string, bytes: Uint8Array): Promise<void>;
  /** Reports to the coordinator: JSON. Resolves with `stop` if it has asked for the trial's end; never waits for it. */
  progress(report: unknown): Promise<'continue' | 'stop'>;
}

/** What happens to a trial on a worker. */
export type JobEvent =
  | { event: 'started'; sweep: string; key: string; data: unknown; hasCheckpoint: boolean }
  | { event: 'finished' | 'given back' | 'lost'; sweep: string; key: string }
  | { event: 'failed'; sweep: string; key: string; error: unknown };

/** The options of {@link work}. */
export interface WorkOptions {
  /** The address of the queue; see `queueAddress`. */
  url: string;
  /** Runs a trial, in another process so that this one can renew its lock. Throwing fails the trial. */
  run: (data: unknown, context: RunContext) => Promise<TrialResult>;
  /** Ends the worker: its trials go back into the queue at once, with their checkpoints. */
  signal?: AbortSignal;
  /** Receives a sentence when something goes wrong that a person should know, and when it works again. */
  onNotice?: (text: string) => void;
  /** Is told what happens to trials. */
  onJob?: (event: JobEvent) => void;
  /** How many trials run at once, default 1. */
  concurrency?: number;
  /** The name under which the coordinator knows this worker, default host name and process id. */
  name?: string;
  /** Takes only trials of this pool, default `trials`. */
  pool?: string;
  /** How long things take. */
  timing?: Partial<Timing>;
}

/** A trial as BullMQ keeps it. */
interface JobData {
  sweep: string;
  key: string;
  data: unknown;
}

/** How often a trial may be taken over from a worker that died before it counts as failed: it may be the cause. */
const maxTakeovers = 20;

/**
 * Takes trials from the queue and runs them until the signal is aborted.
 *
 * @throws QueueError if the address is wrong, or what answers there refuses the password or can hold no queue
 */
export async function work(options: WorkOptions): Promise<void> {
  const { url, signal, onNotice = () => {}, concurrency = 1, pool = 'trials' } = options;
  checkName('The pool', pool);
  const notices = new Notices(queueAddress(url), onNotice);
  const timing = { ...defaultTiming, ...options.timing };
  let client: Connection;
  try {
    client = await connect(notices.address, { notices, timing, signal });
  } catch (error) {
    if (signal?.aborted) return;
    throw error;
  }

  const name = options.name ?? `${hostname()}-${process.pid}`;
  const runner = new Runner(client, name, options, { notices, timing });
  const worker = new Worker<JobData>(pool, (job, token) => runner.process(job, token!), {
    connection: client,
    prefix,
    skipVersionCheck: true, // It prints warnings; `connect` has checked.
    name: name.replace(/[^\w.-]/g, '_'),
    concurrency,
    lockDuration: timing.lock,
    stalledInterval: timing.stalledCheck,
    maxStalledCount: maxTakeovers,
    runRetryDelay: timing.retry,
    autorun: false,
  });
  runner.lockOf = (job) => `${worker.toKey(job.id!)}:lock`;
  worker.on('active', () => notices.fine('writing'));
  worker.on('failed', (job, error) => job && runner.refused(job, error));
  let isResting = false;
  worker.on('error', async (error) => {
    const trouble = troubleOf(error, notices.address);
    if (trouble === undefined) {
      // The loss of a lock shows when the trial reports or ends.
      if (!/\block for job\b|Missing key for job/.test(error.message))
        notices.once(`The queue reported an error: ${withoutSecrets(error.message, notices.address)}.`);
      return;
    }
    if (trouble.kind === 'away') return; // The connection itself tells.
    notices.trouble(trouble);
    // BullMQ would ask again at once, as fast as it can.
    if (isResting || signal?.aborted) return;
    isResting = true;
    await worker.pause(true);
    await delay(timing.retry, undefined, { signal }).catch(() => {});
    isResting = false;
    if (!signal?.aborted) await worker.resume();
  });
  worker.run().catch((error) => worker.emit('error', error));

  if (!signal?.aborted)
    await new Promise((resolve) => signal?.addEventListener('abort', resolve, { once: true }));
  await worker.pause(true);
  await runner.end();
  // If the server is away, BullMQ would wait for it.
  await within(worker.close(), timing.grace);
  client.endAll();
}

/** Runs the trials of a worker. */
class Runner {
  /** The key of a job's lock in Redis. */
  lockOf: (job: Job<JobData>) => string = () => '';
  readonly #ending = new AbortController();
  readonly #active = new Set<Promise<void>>();
  /** Failures of which the coordinator has been told. */
  readonly #told = new WeakSet<Error>();

  constructor(
    readonly client: Connection,
    readonly name: string,
    readonly options: WorkOptions,
    readonly patience: Patience,
  ) {
    setMaxListeners(0, this.#ending.signal); // Each trial listens.
  }

  /** Interrupts all trials and waits until they are back in the queue, or the time for that is over. */
  async end(): Promise<void> {
    this.#ending.abort(this.options.signal?.reason);
    await within(Promise.allSettled(this.#active), 2 * this.patience.timing.grace);
  }

  process(job: Job<JobData>, token: string): Promise<void> {
    const done = this.#process(job, token);
    this.#active.add(done);
    const remove = () => this.#active.delete(done);
    done.then(remove, remove);
    return done;
  }

  /** Tells the coordinator of a failure that is not `run`'s, such as when a trial has outlived too many workers. */
  refused({ data: { sweep, key } }: Job<JobData>, error: Error): void {
    if (this.#told.has(error)) return;
    const message = /stalled/.test(error.message)
      ? `The trial was taken over from ${maxTakeovers} workers that died or lost touch while they ran it.`
      : withoutSecrets(error.message, this.patience.notices.address);
    this.#fail(new SweepKeys(sweep), key, '', '', { message, worker: this.name }).catch(() => {});
  }

  async #process(job: Job<JobData>, token: string): Promise<void> {
    const { sweep, key } = job.data;
    try {
      await this.#run(job, token);
    } catch (error) {
      if (!this.#ending.signal.aborted || error instanceof WaitingError || this.#told.has(error as Error))
        throw error;
      // If the server is away, the lock expires.
      await within(job.moveToWait(token), this.patience.timing.grace);
      this.#tell({ event: 'given back', sweep, key });
      throw new WaitingError(); // BullMQ leaves the job as it now is.
    }
  }

  async #run(job: Job<JobData>, token: string): Promise<void> {
    const { sweep, key, data } = job.data;
    const { client, patience } = this;
    const { grace } = patience.timing;
    const keys = new SweepKeys(sweep);
    const lock = this.lockOf(job);
    const ending = this.#ending.signal;
    const reading = { ...patience, signal: ending };

    // A worker that lost its lock may have finished it.
    if (await untilDone(() => client.exists(keys.result(key)), reading)) return;
    const checkpoint = await untilDone(() => client.getBuffer(keys.checkpoint(key)), reading);
    this.#tell({ event: 'started', sweep, key, data, hasCheckpoint: checkpoint !== null });

    const lost = new AbortController();
    const reporting = new Reporting(this, keys, key, lock, token, () => lost.abort());
    let result: TrialResult;
    try {
      const run = this.options.run(data, {
        signal: AbortSignal.any([ending, lost.signal]),
        ...(checkpoint !== null && { checkpoint: new Uint8Array(checkpoint) }),
        saveCheckpoint: (bytes) => reporting.saveCheckpoint(bytes),
        keepFile: async (name, { buffer, byteOffset, byteLength }) => {
          const bytes = Buffer.from(buffer, byteOffset, byteLength);
          const keep = () => client.keepFile(...[lock, keys.files(key), token, name], bytes, keptSeconds);
          if ((await untilWritten(keep, reading)) === 1) return;
          // Whoever has the trial now leaves its files.
          lost.abort();
          throw new Error('Another worker has the trial.');
        },
        progress: (report) => reporting.progress(report),
      });
      result = asJson(await withinGrace(run, ending, grace));
    } catch (error) {
      if (ending.aborted) {
        await reporting.settled(grace);
        throw error;
      }
      const { message = String(error), code } = (error ?? {}) as Error & { code?: unknown };
      const record = { message, ...(typeof code === 'string' && { code }), worker: this.name };
      if (lost.signal.aborted || (await this.#fail(keys, key, lock, token, record)) === 0) {
        this.#tell({ event: 'lost', sweep, key });
        throw new WaitingError(); // It is another worker's.
      }
      this.#tell({ event: 'failed', sweep, key, error });
      const told = new UnrecoverableError(message);
      this.#told.add(told);
      throw told;
    }

    await this.#deliver(keys, key, { result, stopped: reporting.isStopped, worker: this.name });
    this.#tell({ event: 'finished', sweep, key });
    // Without the lock, the job is in the queue or another worker's; whoever takes it finds the result.
    if ((await client.get(lock).catch(() => token)) !== token) throw new WaitingError();
  }

  #tell(event: JobEvent): void {
    this.options.onJob?.(event);
  }

  /** Keeps a result unless there is one already, with which it then compares it. */
  async #deliver(keys: SweepKeys, key: string, record: ResultRecord): Promise<void> {
    const { client } = this;
    const patience = { ...this.patience, ...this.#patienceAtEnd() };
    const earlier = await untilWritten(
      () =>
        client.finishTrial(
          ...[keys.result(key), keys.checkpoint(key), keys.stop(key)],
          ...[JSON.stringify(record), keptSeconds, keys.channel, key],
        ),
      patience,
    );
    if (earlier === null) return;
    const kept = JSON.parse(earlier) as ResultRecord;
    if (agree(kept, record)) return;
    const difference: Difference = {
      key,
      kept: { result: kept.result, worker: kept.worker },
      other: { result: record.result, worker: record.worker },
    };
    this.patience.notices.say(tellDifference(difference));
    await untilWritten(async () => {
      await client.rpush(keys.differences, JSON.stringify(difference));
      await client.expire(keys.differences, keptSeconds);
      await client.publish(keys.channel, '');
    }, patience);
  }

  #fail(keys: SweepKeys, key: string, lock: string, token: string, record: FailureRecord): Promise<number> {
    return untilWritten(
      () =>
        this.client.failTrial(
          ...[lock, keys.failure(key), keys.checkpoint(key)],
          ...[token, JSON.stringify(record), keptSeconds, keys.channel, key],
        ),
      { ...this.patience, ...this.#patienceAtEnd() },
    );
  }

  /** What is over is delivered even as the worker ends, but not without end. */
  #patienceAtEnd(): Pick<Patience, 'signal'> {
    const late = new AbortController();
    const limit = () =>
      setTimeout(() => late.abort(new Error('The server is away.')), this.patience.timing.grace).unref();
    if (this.#ending.signal.aborted) limit();
    else this.#ending.signal.addEventListener('abort', limit, { once: true });
    return { signal: late.signal };
  }
}

/** Sends a trial's reports and checkpoints while it runs, without ever making it wait for an absent server. */
class Reporting {
  /** Whether the trial has been told to stop. */
  isStopped = false;
  readonly #saving: { newest?: Uint8Array; done?: Promise<boolean> } = {};

  constructor(
    readonly runner: Runner,
    readonly keys: SweepKeys,
    readonly key: string,
    readonly lock: string,
    readonly token: string,
    readonly onLost: () => void,
  ) {}

  async progress(report: unknown): Promise<'continue' | 'stop'> {
    const { keys, key, lock, token } = this;
    const { client, name } = this.runner;
    const record: ProgressRecord = { progress: report, worker: name };
    const answer = client
      .reportProgress(
        ...[lock, keys.progress(key), keys.stop(key), keys.result(key)],
        ...[token, JSON.stringify(record), keptSeconds, keys.channel, key],
      )
      .then((word) => {
        if (word === 'lost') this.onLost();
        if (word === 'stop') this.isStopped = true;
      }, this.#forgive);
    if (client.status === 'ready') await within(answer, 2000);
    return this.isStopped ? 'stop' : 'continue';
  }

  saveCheckpoint(bytes: Uint8Array): Promise<boolean> {
    const { lock, keys, key, token, runner } = this;
    this.#saving.newest = bytes;
    this.#saving.done ??= (async () => {
      let isKept = false;
      while (this.#saving.newest !== undefined) {
        const { buffer, byteOffset, byteLength } = this.#saving.newest;
        this.#saving.newest = undefined;
        isKept = await runner.client
          .saveCheckpoint(
            ...[lock, keys.checkpoint(key), token],
            ...[Buffer.from(buffer, byteOffset, byteLength), keptSeconds],
          )
          .then(
            (kept) => kept === 1,
            (error) => {
              this.#forgive(error);
              return false;
            },
          );
      }
      this.#saving.done = undefined;
      return isKept;
    })();
    return this.#saving.done;
  }

  /** Waits until the last checkpoint is kept, but not for an absent server. */
  async settled(limit: number): Promise<void> {
    if (this.#saving.done) await within(this.#saving.done, limit);
  }

  /** A report or a checkpoint is not worth a trial. */
  readonly #forgive = (error: unknown) => {
    const { notices } = this.runner.patience;
    const trouble = troubleOf(error, notices.address);
    if (trouble === undefined) notices.once(`A report was lost: ${(error as Error).message}.`);
    else if (trouble.kind !== 'away') notices.trouble(trouble);
  };
}

/** Waits until something is done or has failed, but no longer than a number of milliseconds. */
async function within(done: Promise<unknown>, limit: number): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, limit);
  });
  await Promise.race([done, late]).catch(() => {});
  clearTimeout(timer);
}

/** The value of a run, or the signal's reason once a run that was interrupted has had time to end. */
async function withinGrace<T>(run: Promise<T>, ending: AbortSignal, grace: number): Promise<T> {
  run.catch(() => {});
  let timer: ReturnType<typeof setTimeout> | undefined;
  let start = () => {};
  const late = new Promise<never>((_, reject) => {
    start = () => {
      timer = setTimeout(() => reject(ending.reason), grace);
    };
    if (ending.aborted) start();
    else ending.addEventListener('abort', start, { once: true });
  });
  try {
    return await Promise.race([run, late]);
  } finally {
    clearTimeout(timer);
    ending.removeEventListener('abort', start);
  }
}

/** A result as the coordinator will see it. */
function asJson(result: TrialResult): TrialResult {
  if (typeof result?.exact !== 'object' || result.exact === null)
    throw new TypeError('A trial must give an object with the object "exact".');
  return JSON.parse(JSON.stringify(result)) as TrialResult;
}
