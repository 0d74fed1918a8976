import { setMaxListeners } from 'node:events';
import { Queue } from 'bullmq';
import { queueAddress } from './address';
import { abortable, type Connection, connect, type Patience, untilDone, untilWritten } from './connection';
import { QueueError, TrialError } from './errors';
import { checkName, prefix, SweepKeys } from './keys';
import { Notices } from './notices';
import { defaultTiming, keptSeconds, type Timing } from './timing';
import {
  type Difference,
  type FailureRecord,
  type ProgressRecord,
  type ResultRecord,
  type TrialResult,
  tellDifference,
} from './trial-record';

/** The options of {@link Coordinator.connect}. */
export interface CoordinatorOptions {
  /** The address of the queue; see `queueAddress`. */
  url: string;
  /** The sweep's name, which must be its own on this server: letters, digits, and `- _ . +`. */
  sweep: string;
  /** Rejects what is pending. The trials stay in the queue, where a coordinator of the same name finds them. */
  signal?: AbortSignal;
  /** Receives a sentence when something goes wrong that a person should know, and when it works again. */
  onNotice?: (text: string) => void;
  /** Only workers of the same pool take the trials, default `trials`: a version, or what else must be equal. */
  pool?: string;
  /** How long things take. */
  timing?: Partial<Timing>;
}

/** A trial to be run by some worker. */
export interface Trial {
  /**
   * A hash of everything that determines the result: letters, digits, and `- _ . +`. A trial is run once for each key of a
   * sweep.
   */
  key: string;
  /** What `run` receives on the worker: JSON. */
  data: unknown;
}

/** What the coordinator does with reports of a trial. */
export interface TrialProgress {
  /**
   * Called with each report, in order, including those from before this coordinator started; `stop` asks the trial to end
   * soon. After a worker died, its successor repeats the reports since the last checkpoint.
   */
  onProgress?: (
    progress: unknown,
    from: { worker: string },
  ) => 'continue' | 'stop' | Promise<'continue' | 'stop'>;
  /** Ends the wait for this trial, which stays in the queue. */
  signal?: AbortSignal;
}

/** A trial whose end is awaited. */
interface Pending extends TrialProgress {
  data: unknown;
  /** How many reports have been passed on. */
  seen: number;
  /** Whether news are being looked at, and whether there may be more. */
  looking: boolean;
  again: boolean;
  resolve: (result: TrialResult) => void;
  reject: (error: unknown) => void;
}

/**
 * Puts the trials of a sweep into a queue, and gives their results, whoever computed them. All state is in Redis: another
 * coordinator of the same sweep finds what this one left.
 */
export class Coordinator {
  readonly #client: Connection;
  readonly #subscriber: Connection;
  readonly #queue: Queue;
  readonly #keys: SweepKeys;
  readonly #patience: Patience;
  readonly #pending = new Map<string, Pending>();
  readonly #closing = new AbortController();
  readonly #differences: Difference[] = [];
  readonly #poll: ReturnType<typeof setInterval>;
  #hasWorkers = false;
  #waitingSince?: number;

  private constructor(
    client: Connection,
    { sweep, pool = 'trials' }: CoordinatorOptions,
    patience: Patience,
  ) {
    this.#client = client;
    this.#keys = new SweepKeys(sweep);
    const stop = this.#closing.signal;
    const signal = AbortSignal.any(patience.signal ? [patience.signal, stop] : [stop]);
    setMaxListeners(0, signal); // Each pending trial listens.
    this.#patience = { ...patience, signal };
    this.#queue = new Queue(checkName('The pool', pool), {
      connection: client,
      prefix,
      skipVersionCheck: true,
    });
    this.#queue.on('error', () => {}); // What it throws tells the same.
    this.#subscriber = client.duplicate() as Connection;
    this.#subscriber.subscribe(this.#keys.channel).catch(() => {}); // The poll finds what no message announces.
    this.#subscriber.on('message', (_, key) => this.#look(key));
    client.on('ready', () => {
      this.#waitingSince = performance.now(); // Workers come back as well.
      this.#lookAtAll();
    });
    this.#poll = setInterval(this.#lookAtAll, patience.timing.poll);
    signal.addEventListener('abort', () => this.#end(), { once: true });
  }

  /**
   * Connects to the queue, and waits for the server if it is away.
   *
   * @throws QueueError if the address is wrong, or what answers there refuses the password or can hold no queue; the signal's
   * reason if that comes first
   */
  static async connect(options: CoordinatorOptions): Promise<Coordinator> {
    const { url, sweep, pool = 'trials', signal, onNotice = () => {} } = options;
    checkName('The sweep', sweep);
    checkName('The pool', pool);
    const notices = new Notices(queueAddress(url), onNotice);
    const patience = { notices, timing: { ...defaultTiming, ...options.timing }, signal };
    const coordinator = new Coordinator(await connect(notices.address, patience), options, patience);
    coordinator.#lookAtDifferences();
    return coordinator;
  }

  /**
   * The result of a trial: of an earlier run with the same key, or of the worker that takes it from the queue.
   *
   * @throws TrialError if it fails on the worker; asking again runs it anew. QueueError if the coordinator is closed; the
   * signal's reason if that comes first
   */
  async train({ key, data }: Trial, { onProgress, signal }: TrialProgress = {}): Promise<TrialResult> {
    checkName('The key', key);
    if (this.#pending.has(key))
      throw new QueueError('INVALID_ARGUMENT', `The trial ${key} is already in the queue.`);
    this.#throwIfEnded();
    this.#waitingSince ??= performance.now();
    const result = new Promise<TrialResult>((resolve, reject) => {
      this.#pending.set(key, { data, onProgress, seen: 0, looking: false, again: false, resolve, reject });
    });
    result.catch(() => {}); // Until it is returned.
    try {
      await untilWritten(async () => {
        await this.#client.sadd(this.#keys.trials, key);
        await this.#client.expire(this.#keys.trials, keptSeconds);
        await this.#client.del(this.#keys.failure(key));
      }, this.#patience);
      this.#look(key);
      return await abortable(result, signal);
    } catch (error) {
      this.#throwIfEnded();
      throw error;
    } finally {
      this.#pending.delete(key);
    }
  }

  /** Results that differ from an earlier one of the same trial, which they should not; see `onNotice`. */
  get differences(): readonly Difference[] {
    return this.#differences;
  }

  /** The files that a trial has left with its result, by name. */
  async files(key: string): Promise<Record<string, Uint8Array>> {
    const files = this.#keys.files(checkName('The key', key));
    const found = await untilDone(() => this.#client.hgetallBuffer(files), this.#patience);
    return Object.fromEntries(Object.entries(found).map(([name, bytes]) => [name, new Uint8Array(bytes)]));
  }

  /** Removes the files of a trial, which are kept elsewhere now. */
  async dropFiles(key: string): Promise<void> {
    const files = this.#keys.files(checkName('The key', key));
    await untilDone(() => this.#client.del(files), this.#patience);
  }

  /** Removes everything about the sweep from Redis, which otherwise keeps it for a week. Trials that still run are told to stop. */
  async remove(): Promise<void> {
    await untilDone(async () => {
      const trials = await this.#client.smembers(this.#keys.trials);
      for (const key of trials) {
        const job = this.#keys.job(key);
        await this.#queue.remove(job); // Except from a worker that still runs it.
        await this.#client.del(this.#keys.ofTrial(key));
        if (await this.#client.exists(`${this.#queue.toKey(job)}:lock`))
          await this.#client.set(this.#keys.stop(key), '1', 'EX', keptSeconds);
      }
      await this.#client.del(this.#keys.trials, this.#keys.differences);
    }, this.#patience);
  }

  /** Disconnects. Pending trials stay in the queue. */
  async close(): Promise<void> {
    if (!this.#closing.signal.aborted && this.#client.status === 'ready') await this.#lookAtDifferences();
    this.#closing.abort();
    this.#end();
    await this.#queue.close().catch(() => {});
    this.#client.endAll();
  }

  #end() {
    clearInterval(this.#poll);
    for (const pending of this.#pending.values()) pending.reject(this.#patience.signal!.reason);
  }

  #throwIfEnded() {
    if (this.#closing.signal.aborted)
      throw new QueueError('CLOSED', 'The coordinator is closed; the trial stays in the queue.');
    this.#patience.signal!.throwIfAborted();
  }

  readonly #lookAtAll = () => {
    for (const key of this.#pending.keys()) this.#look(key);
    if (this.#client.status === 'ready') {
      this.#lookAtDifferences();
      this.#lookForWorkers();
    }
  };

  /** Looks at what became of a trial, unless that is already being done: then once more afterwards. */
  #look(key: string): void {
    const pending = this.#pending.get(key);
    if (key === '') this.#lookAtDifferences();
    if (pending === undefined || this.#patience.signal!.aborted) return;
    pending.again = true;
    if (pending.looking) return;
    pending.looking = true;
    (async () => {
      while (pending.again) {
        pending.again = false;
        await this.#follow(key, pending);
      }
    })()
      .catch(pending.reject)
      .finally(() => {
        pending.looking = false;
      });
  }

  /** Passes on a trial's reports and its end, or puts it into the queue if it is not there. */
  async #follow(key: string, pending: Pending): Promise<void> {
    const { result, failure, reports, isQueued } = await untilDone(
      () => this.#state(key, pending.seen),
      this.#patience,
    );
    for (const report of reports) {
      pending.seen++;
      this.#hasWorkers = true;
      const { progress, worker } = JSON.parse(report) as ProgressRecord;
      if ((await pending.onProgress?.(progress, { worker })) === 'stop' && result === null) {
        await untilWritten(
          () => this.#client.set(this.#keys.stop(key), '1', 'EX', keptSeconds),
          this.#patience,
        );
      }
    }
    if (result !== null) {
      pending.resolve((JSON.parse(result) as ResultRecord).result);
    } else if (failure !== null) {
      const { message, code, worker } = JSON.parse(failure) as FailureRecord;
      pending.reject(new TrialError(message, code, worker));
    } else if (!isQueued) {
      await untilWritten(
        () =>
          this.#queue.add(
            'trial',
            { sweep: this.#keys.sweep, key, data: pending.data },
            { jobId: this.#keys.job(key), removeOnComplete: true, removeOnFail: true },
          ),
        this.#patience,
      );
    }
  }

  /** What Redis has about a trial, at one moment. */
  async #state(key: string, seen: number) {
    const keys = this.#keys;
    const [result, failure, reports, isQueued] = await this.#client.trialState(
      ...[keys.result(key), keys.failure(key), keys.progress(key), this.#queue.toKey(keys.job(key))],
      seen,
    );
    return { result, failure, reports, isQueued: isQueued === 1 };
  }

  async #lookAtDifferences(): Promise<void> {
    const { length } = this.#differences;
    const texts = await this.#client.lrange(this.#keys.differences, length, -1).catch(() => []);
    if (this.#differences.length > length) return; // Another look was faster.
    for (const text of texts) {
      const difference = JSON.parse(text) as Difference;
      this.#differences.push(difference);
      this.#patience.notices.say(tellDifference(difference));
    }
  }

  /** Says so, once, if trials have been waiting and no worker is there. */
  async #lookForWorkers(): Promise<void> {
    const { alone } = this.#patience.timing;
    const isWaiting = this.#pending.size > 0 && performance.now() - this.#waitingSince! > alone;
    if (this.#hasWorkers || !isWaiting) return;
    // A server may not tell who is connected.
    if ((await this.#queue.getWorkersCount().catch(() => 1)) === 0)
      this.#patience.notices.once('No worker is connected to the queue yet; trials wait until one is.');
  }
}
