import { foldIn, HarmonicError, type RandomKey, randomKey } from '@harmonic-mlp/core';
import { isSavable, type SavableOptimizer, setLearningRate } from '@harmonic-mlp/freq-optimizer';
import { type Optimizer, tensor, tidy } from '@tensorflow/tfjs-core';
import {
  assignStored,
  type Checkpoint,
  damaged,
  encodeModelFile,
  type Progress,
  requireAllStored,
  type StoredTensor,
} from '../checkpoint';
import type { EpochBatch, Examples } from '../data';
import type { Model } from '../model';
import type { EpochRecord, Evaluation, Position } from '../records';
import { refused } from '../refused';
import { requireSetting } from '../setting';
import { metricValue } from '../tasks';
import { trainingSettings as defaults } from '../training-settings';
import type { Callback, CallbackState } from './callback';
import type { StepResult } from './captured-batches';
import type { Computation } from './captured-evaluation';
import { type Capture, CapturedSteps } from './captured-steps';
import type { MetricsEvent } from './events';
import { noteChange } from './in-use';
import type { Learner } from './learner';
import { rateOf, settingsOf } from './optimizer-settings';
import type { ScheduleOfRun } from './schedule';
import { disposeResults, readResults } from './step-results';
import type { Threads } from './step-threads';

/** What does not change in a run, and must be the same when it is resumed. */
export interface RunIdentity {
  readonly seed: number;
  readonly batchSize: number;
  readonly dropLast: boolean;
  /** The number of examples in the data set. */
  readonly size: number;
  readonly stepsPerEpoch: number;
  /** The name of the task. */
  readonly task: string;
}

/** The state of a training run: its position, and what is still on the backend. */
export class TrainingRun<B extends Examples> {
  readonly history: EpochRecord[] = [];
  /** Why a callback ended it, if one did. */
  stopped: string | undefined;
  /** Whether the validation data have been evaluated since the last step. */
  isEvaluated = true;

  readonly #learner: Learner<B>;
  readonly #steps: CapturedSteps<B>;
  readonly #schedule: ScheduleOfRun;
  readonly #identity: RunIdentity;
  readonly #callbacks: readonly Callback[];
  readonly #dropout: RandomKey;
  readonly #keyOfStep = (): RandomKey => foldIn(this.#dropoutOfEpoch, this.#step);
  /** How often the optimizer had been disposed before the run. */
  readonly #disposals: number | undefined;

  /** The learning rate that the run started with; undefined if the optimizer does not report one. */
  #initialRate: number | undefined;
  #epoch = 1;
  #dropoutOfEpoch: RandomKey;
  #step = 0;
  #lossSum = 0;
  #metricSums: Record<string, number[]> = {};
  #examples = 0;
  /** The last read; the next one begins after it, so that none reads the same losses. */
  #reading: Promise<unknown> = Promise.resolve();
  #unread: StepResult[] = [];
  #isOver = false;

  constructor(
    learner: Learner<B>,
    schedule: ScheduleOfRun,
    identity: RunIdentity,
    callbacks: readonly Callback[],
    { capture, threads = defaults.threads.default }: { capture?: boolean | undefined; threads?: Threads },
  ) {
    this.#learner = learner;
    this.computation = { capture, executor: () => this.#steps.executor() };
    this.#steps = new CapturedSteps(learner, capture, { threads, batchSize: identity.batchSize });
    this.#schedule = schedule;
    this.#identity = identity;
    this.#callbacks = callbacks;
    this.#dropout = foldIn(randomKey(identity.seed), 'dropout');
    this.#dropoutOfEpoch = foldIn(this.#dropout, this.#epoch);
    this.#disposals = disposalsOf(learner.optimizer);
    this.#initialRate = rateOf(learner.optimizer);
    this.#clearEpoch();
  }

  get model(): Model {
    return this.#learner.model;
  }

  get optimizer(): Optimizer {
    return this.#learner.optimizer;
  }

  get position(): Position {
    return { epoch: this.#epoch, step: this.#step, stepsPerEpoch: this.#identity.stepsPerEpoch };
  }

  /** The total number of steps done. */
  get steps(): number {
    return (this.#epoch - 1) * this.#identity.stepsPerEpoch + this.#step;
  }

  /** The rate that the factors of a schedule multiply. */
  get initialRate(): number | undefined {
    return this.#initialRate;
  }

  /** @throws {HarmonicError} `INVALID_ARGUMENT` for anything but a string that is not empty. */
  stop(reason = 'A callback ended the run.'): void {
    requireSetting('reason', reason, { kind: 'text' });
    this.stopped ??= reason;
  }

  /** Whether steps are executed as a program, and why not; undefined until that is known. */
  get capture(): Capture | undefined {
    return this.#steps.capture;
  }

  /** Starts the threads that are asked for. */
  start(): Promise<void> {
    return this.#steps.start();
  }

  /** Threads that are being started, for which the next step must wait. */
  get starting(): Promise<void> | undefined {
    return this.#steps.starting;
  }

  /** How the model is evaluated in between: as its steps are. */
  readonly computation: Computation;

  /** How many threads executed the last program; 1 if there was none. */
  get threads(): number {
    return this.#steps.threads;
  }

  /** The position of the next step. */
  get next(): Position {
    return { epoch: this.#epoch, step: this.#step + 1, stepsPerEpoch: this.#identity.stepsPerEpoch };
  }

  /** Takes a step. Its loss and metrics stay on the backend until they are read. */
  take(batch: EpochBatch<B>): void {
    this.requireIntact();
    this.#step += 1;
    this.isEvaluated = false;
    noteChange(this.model);
    this.#unread.push(this.#steps.step(batch, this.#keyOfStep));
    this.#examples += batch.size;
  }

  /** Reads the losses and metrics that are still on the backend; undefined if there are none. */
  readMetrics(): Promise<MetricsEvent | undefined> {
    const reading = this.#reading.then(() => this.#readUnread());
    this.#reading = reading;
    return reading;
  }

  async #readUnread(): Promise<MetricsEvent | undefined> {
    this.requireIntact();
    if (this.#unread.length === 0) return undefined;
    const unread = this.#unread;
    this.#unread = [];
    const results = await readResults(unread);
    const losses = results.map((values) => values[0][0]);
    for (const loss of losses) this.#lossSum += loss;
    this.#learner.metrics.forEach(({ name }, i) => {
      // A checkpoint of a run without the metric: it is not known for the whole epoch.
      if (!Object.hasOwn(this.#metricSums, name)) return;
      for (const values of results) addTo(this.#metricSums[name], values[i + 1]);
    });
    const { trainLoss, trainAccuracy, trainMetrics } = this.#means();
    return {
      ...this.position,
      losses,
      meanLoss: trainLoss,
      accuracy: trainAccuracy,
      ...(trainMetrics && { metrics: trainMetrics }),
    };
  }

  /** Ends the epoch and moves on to the next one. */
  endEpoch(validation: Evaluation | undefined, seconds: number): EpochRecord {
    const record: EpochRecord = {
      epoch: this.#epoch,
      ...this.#means(),
      ...(validation && { validation }),
      learningRate: rateOf(this.optimizer),
      seconds,
    };
    this.history.push(record);
    this.#enter(this.#epoch + 1);
    this.#step = 0;
    this.isEvaluated = true;
    this.#clearEpoch();
    return record;
  }

  /**
   * The model and the whole state of the run as one file; the run must be paused.
   *
   * @throws {HarmonicError} `INVALID_ARGUMENT` for a callback whose `saveState` returns something else than a state.
   */
  async checkpoint(metadata: Record<string, string> = {}): Promise<Uint8Array<ArrayBuffer>> {
    this.requireIntact();
    const state = this.#savable().saveState(this.model.parameters);
    const callbacks = this.#callbacks.flatMap((callback) =>
      callback.saveState === undefined ? [] : [[callback.name, stateOf(callback)] as const],
    );
    const names = callbacks.map(([name]) => name);
    const progress: Progress = {
      ...this.#identity,
      epoch: this.#epoch,
      step: this.#step,
      lossSum: this.#lossSum,
      metricSums: mapValues(this.#metricSums, (sums) => (sums.length === 1 ? sums[0] : sums)),
      examples: this.#examples,
      isEvaluated: this.isEvaluated,
      learningRate: rateOf(this.optimizer),
      initialLearningRate: this.#initialRate,
      history: this.history,
      schedule: this.#schedule.save(),
      optimizerSettings: settingsOf(this.optimizer),
      optimizer: { ...state.values },
      callbacks: Object.fromEntries(callbacks.map(([name, { values }]) => [name, values])),
    };
    const tensors = [
      ...Object.entries(this.model.variables),
      ...Object.entries(state.tensors).map(([path, value]) => [`optimizer/${path}`, value] as const),
      ...callbacks.flatMap(([name, { tensors }]) =>
        Object.entries(tensors).map(([path, value]) => {
          const key = `callbacks/${name}/${path}`;
          if (ownerOf(key, names) === name) return [key, value] as const;
          throw refusedState(name, path, `a name that does not read as a tensor of "${ownerOf(key, names)}"`);
        }),
      ),
    ];
    return encodeModelFile(this.model, Object.fromEntries(tensors), {
      ...metadata,
      training: JSON.stringify(progress),
    });
  }

  /**
   * Continues from a checkpoint.
   *
   * @param rate the learning rate to continue with; undefined for that of the checkpoint.
   * @throws {HarmonicError} `INVALID_DATA` if something in it is missing or has another shape.
   */
  resume(
    { tensors: stored, progress }: Pick<Checkpoint, 'tensors'> & { progress: Progress },
    rate: number | undefined,
  ): void {
    // The weights come last, so that an error below leaves the model as it was.
    requireAllStored(this.model.variables, stored);
    this.#requireCallbacksOf(stored, progress);
    this.#schedule.load(progress.schedule);
    const optimizer = this.#savable();
    withTensors(stored, 'optimizer/', (tensors) =>
      optimizer.loadState(this.model.parameters, { tensors, values: progress.optimizer }),
    );
    for (const callback of this.#callbacks) this.#resumeCallback(callback, stored, progress);
    const current = progress.learningRate;
    if (rate !== undefined) {
      setLearningRate(this.optimizer, rate);
      this.#initialRate = rate;
    } else if (current !== undefined) {
      setLearningRate(this.optimizer, current);
      this.#initialRate = progress.initialLearningRate ?? current;
    }
    assignStored(this.model.variables, stored);
    noteChange(this.model);
    this.history.push(...progress.history);
    this.#enter(progress.epoch);
    this.#step = progress.step;
    this.#lossSum = progress.lossSum;
    // Within an epoch, a metric that was not measured from its beginning is left out of its means.
    if (progress.step > 0)
      this.#metricSums = Object.fromEntries(
        Object.entries(progress.metricSums)
          .filter(([name]) => Object.hasOwn(this.#metricSums, name))
          .map(([name, sums]) => [name, [sums].flat()]),
      );
    this.#examples = progress.examples;
    // Older files were made after the evaluations within an epoch, and before the one at its end.
    this.isEvaluated = progress.isEvaluated ?? progress.step < progress.stepsPerEpoch;
  }

  dispose(): void {
    this.#clearUnread();
    this.#steps.dispose();
    this.#isOver = true;
  }

  /**
   * @throws {HarmonicError} `IN_USE` if the model or the optimizer was disposed while the run was using it; `UNSUPPORTED` if the
   *   run is over.
   */
  requireIntact(): void {
    if (this.#isOver) {
      throw new HarmonicError('UNSUPPORTED', {
        problem: 'The run is over, so it cannot be checkpointed.',
        fix: 'Call checkpoint in a handler of fit.',
      });
    }
    const disposal = this.#disposal();
    if (disposal !== undefined) throw disposal;
  }

  /** Why the run ended with this error: that its parts were disposed, if tfjs found their tensors gone. */
  reasonOf(error: unknown): unknown {
    return error instanceof HarmonicError ? error : (this.#disposal(error) ?? error);
  }

  #disposal(cause?: unknown): HarmonicError | undefined {
    const isOptimizerDisposed = disposalsOf(this.optimizer) !== this.#disposals;
    if (!this.model.isDisposed && !isOptimizerDisposed) return undefined;
    const argument = isOptimizerDisposed ? 'optimizer' : 'model';
    return new HarmonicError(
      'IN_USE',
      {
        argument,
        problem: `The ${argument} was disposed while a run was using it.`,
        fix: 'Await the run before you dispose it, or abort it by its signal and await that.',
      },
      { cause },
    );
  }

  /** Weights that a callback keeps may be those that training continues with: without it, the run would be another. */
  #requireCallbacksOf(stored: Readonly<Record<string, StoredTensor>>, { callbacks }: Progress): void {
    const own = this.#callbacks.map(({ name }) => name);
    const absent = Object.keys(stored)
      .map((key) => ownerOf(key, Object.keys(callbacks)))
      .find((owner) => owner !== undefined && !own.includes(owner));
    if (absent === undefined) return;
    throw new HarmonicError('INVALID_DATA', {
      argument: 'callbacks',
      problem: `The checkpoint has weights of the callback ${JSON.stringify(absent)}, which this run does not have.`,
      fix: 'Pass it again, or start a new run from HarmonicMLP.fromBytes.',
    });
  }

  #resumeCallback(
    callback: Callback,
    stored: Readonly<Record<string, StoredTensor>>,
    { callbacks }: Progress,
  ): void {
    const values = callbacks[callback.name];
    if (values === undefined || callback.loadState === undefined) return;
    try {
      const names = Object.keys(callbacks);
      const own = Object.entries(stored).filter(([key]) => ownerOf(key, names) === callback.name);
      withTensors(Object.fromEntries(own), `callbacks/${callback.name}/`, (tensors) =>
        callback.loadState!({ values, tensors }),
      );
    } catch (cause) {
      const { name } = callback;
      throw damaged(`callbacks.${name}`, `The checkpoint's state of the callback "${name}"`, cause);
    }
  }

  /** The means over the epoch so far, as in its record. */
  #means(): Pick<EpochRecord, 'trainLoss' | 'trainAccuracy' | 'trainMetrics'> {
    const metrics = this.#learner.metrics.filter(({ name }) => Object.hasOwn(this.#metricSums, name));
    const values = metrics.map((metric) => [
      metric.name,
      metricValue(metric, this.#metricSums[metric.name], this.#examples),
    ]);
    const { accuracy, ...others } = Object.fromEntries(values) as Record<string, number | undefined>;
    return {
      trainLoss: this.#lossSum / this.#step,
      ...((accuracy === undefined ? {} : { trainAccuracy: accuracy }) as { trainAccuracy: number }),
      ...(Object.keys(others).length > 0 && { trainMetrics: others as Record<string, number> }),
    };
  }

  #enter(epoch: number): void {
    this.#epoch = epoch;
    this.#dropoutOfEpoch = foldIn(this.#dropout, epoch);
  }

  #savable(): SavableOptimizer {
    if (isSavable(this.optimizer)) return this.optimizer;
    throw new HarmonicError('UNSUPPORTED', {
      argument: 'optimizer',
      value: this.optimizer,
      problem: `A run with ${this.optimizer.getClassName()} cannot be checkpointed, because it does not save its state by path.`,
      fix: 'Use Adam of @harmonic-mlp/freq-optimizer, or save the model alone with toBytes.',
    });
  }

  #clearEpoch(): void {
    this.#lossSum = 0;
    this.#metricSums = Object.fromEntries(this.#learner.metrics.map(({ name }) => [name, [0]]));
    this.#examples = 0;
  }

  #clearUnread(): void {
    disposeResults(this.#unread);
    this.#unread = [];
  }
}

/** Adds values to sums; there is a single 0 before the first values. */
function addTo(sums: number[], values: ArrayLike<number>): void {
  for (let i = 0; i < values.length; i++) sums[i] = (sums[i] ?? 0) + values[i];
}

const mapValues = <A, B>(record: Record<string, A>, f: (value: A) => B): Record<string, B> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, f(value)]));

/** The state that a callback saves. */
function stateOf(callback: Callback): Required<CallbackState> {
  const state: unknown = callback.saveState!();
  const isObject = (value: unknown): value is object =>
    typeof value === 'object' && value !== null && !Array.isArray(value) && !('then' in value);
  const { values = {}, tensors = {}, ...others } = Object(state) as CallbackState;
  if ([state, values, tensors].every(isObject) && Object.keys(others).length === 0)
    return { values, tensors };
  throw refusedState(
    callback.name,
    state,
    'an object { values, tensors } of objects, either of which may be missing',
  );
}

const refusedState = (name: string, value: unknown, allowed: string) =>
  refused(`callbacks.${name}.saveState()`, value, allowed);

/** The callback that a stored tensor belongs to, if any: names may have slashes. */
const ownerOf = (key: string, names: readonly string[]): string | undefined =>
  names.filter((name) => key.startsWith(`callbacks/${name}/`)).sort((a, b) => b.length - a.length)[0];

/** Calls `use` with the stored tensors under a path as live ones, which are disposed afterwards. */
function withTensors(
  stored: Readonly<Record<string, StoredTensor>>,
  path: string,
  use: (tensors: NonNullable<CallbackState['tensors']>) => void,
): void {
  tidy(() => {
    const under = Object.entries(stored).filter(([name]) => name.startsWith(path));
    use(
      Object.fromEntries(
        under.map(([name, { data, shape }]) => [name.slice(path.length), tensor(data, shape)]),
      ),
    );
  });
}

/** How often an optimizer has been disposed, if it keeps count. */
const disposalsOf = (optimizer: Optimizer): number | undefined =>
  (optimizer as { disposals?: number }).disposals;
