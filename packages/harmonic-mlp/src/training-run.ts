import {
  countCorrect,
  foldIn,
  HarmonicError,
  type RandomKey,
  randomKey,
  softmaxCrossEntropy,
} from '@harmonic-mlp/core';
import {
  getLearningRate,
  isSavable,
  type LearningRateSchedule,
  type SavableOptimizer,
  setLearningRate,
} from '@harmonic-mlp/freq-optimizer';
import {
  clone,
  dispose,
  keep,
  type Optimizer,
  type Scalar,
  stack,
  sum,
  type Tensor,
  tensor,
  tidy,
  type Variable,
} from '@tensorflow/tfjs-core';
import type { Batch } from './batch-source';
import { type Evaluation, read } from './evaluate';
import type { EpochRecord, MetricsEvent, StepEvent } from './fit-events';
import type { HarmonicMLP } from './harmonic-mlp';
import { noteChange } from './in-use';
import { assignStored, encodeModelFile, requireAllStored } from './model-file';
import { settingsOf } from './optimizer-settings';
import type { Progress } from './progress';
import type { Checkpoint } from './resume';
import { kindOf } from './run-parts';

interface RunSettings {
  seed: number;
  batchSize: number;
  dropLast: boolean;
  size: number;
  stepsPerEpoch: number;
  readEvery: number;
}

/** Looks for data that cannot be computed with in some steps of an epoch, counted from 1, and gives the error to throw. */
type FindFault = (epoch: number, first: number, last: number) => Promise<HarmonicError | undefined>;

/**
 * The state of a training run: where it stands, the losses that are still on the backend, and the weights to go back
 * to when one of them turns out not to be finite.
 */
export class TrainingRun {
  readonly history: EpochRecord[] = [];

  readonly #model: HarmonicMLP;
  readonly #optimizer: Optimizer;
  readonly #schedule: LearningRateSchedule | null;
  readonly #settings: RunSettings;
  readonly #parameters: Record<string, Variable>;
  readonly #trained: Variable[];
  readonly #dropout: RandomKey;
  readonly #findFault: FindFault;
  /** How often the optimizer had been disposed before. */
  readonly #disposals: number | undefined;

  /** The rate that the run was started with; undefined where the optimizer tells none. */
  #initialRate: number | undefined;
  #epoch = 1;
  #step = 0;
  #lossSum = 0;
  #correct = 0;
  #examples = 0;

  #unread: { losses: Scalar[]; counts: Scalar[] } = { losses: [], counts: [] };
  /** Weights that gave a finite loss. */
  #good: Tensor[];
  /** Weights and statistics that were looked at, at the end of the epoch before; a finite loss may hide one that is not. */
  #checked: Tensor[];
  /** Weights of the last step before a read, whose loss is not known yet. */
  #candidate: Tensor[] = [];

  constructor(
    model: HarmonicMLP,
    optimizer: Optimizer,
    schedule: LearningRateSchedule | null,
    settings: RunSettings,
    findFault: FindFault,
  ) {
    this.#model = model;
    this.#optimizer = optimizer;
    this.#schedule = schedule;
    this.#settings = settings;
    this.#parameters = model.parameters;
    this.#trained = Object.values(this.#parameters);
    this.#dropout = foldIn(randomKey(settings.seed), 'dropout');
    this.#findFault = findFault;
    this.#disposals = disposalsOf(optimizer);
    this.#initialRate = rateOf(optimizer);
    this.#good = this.#copyWeights();
    this.#checked = this.#copyWeights();
  }

  /** The current epoch, counted from 1. */
  get epoch(): number {
    return this.#epoch;
  }

  /** The steps done in it. */
  get step(): number {
    return this.#step;
  }

  /** Both, as events report them. */
  get position(): StepEvent {
    return { epoch: this.#epoch, step: this.#step, stepsPerEpoch: this.#settings.stepsPerEpoch };
  }

  /** One step of the optimizer. */
  train({ inputs, labels, size }: Batch): void {
    this.#requireIntact();
    this.#step += 1;
    noteChange(this.#model);
    if (this.readIsDue) this.#candidate = this.#copyWeights();
    const key = foldIn(foldIn(this.#dropout, this.#epoch), this.#step);
    const { losses, counts } = this.#unread;
    const loss = this.#optimizer.minimize(
      () => {
        const logits = this.#model.trainingLogits(inputs, key);
        counts.push(keep(countCorrect({ logits, labels })));
        return softmaxCrossEntropy({ logits, labels })[0];
      },
      true,
      this.#trained,
    );
    losses.push(keep(loss as Scalar));
    this.#examples += size;
  }

  /** Whether the losses are to be read after the current step. */
  get readIsDue(): boolean {
    const { readEvery, stepsPerEpoch } = this.#settings;
    return this.#step % readEvery === 0 || this.#step === stepsPerEpoch;
  }

  /**
   * Reads what is still on the backend.
   *
   * @throws {HarmonicError} `DIVERGED` or `INVALID_DATA` when a loss is not finite, once the last good weights are back.
   */
  async readMetrics(): Promise<Omit<MetricsEvent, keyof StepEvent>> {
    this.#requireIntact();
    const { losses, counts } = this.#unread;
    const values = losses.length === 0 ? [] : [...(await read([...losses, ...counts]))];
    this.#clearUnread();
    const newLosses = values.slice(0, values.length / 2);
    const bad = newLosses.findIndex((loss) => !Number.isFinite(loss));
    if (bad >= 0) {
      const first = this.#step - newLosses.length + 1;
      const step = first + bad;
      // From the step before: its own loss may have been finite, as where relu hides a NaN, and its gradients not.
      await this.#stopDiverged(
        `The training loss is ${newLosses[bad]} at step ${step} of epoch ${this.#epoch}`,
        Math.max(1, first - 1),
      );
    }
    if (this.#candidate.length > 0) {
      dispose(this.#good);
      this.#good = this.#candidate;
      this.#candidate = [];
    }
    for (const loss of newLosses) this.#lossSum += loss;
    for (const count of values.slice(newLosses.length)) this.#correct += count;
    return {
      losses: newLosses,
      meanLoss: this.#lossSum / this.#step,
      accuracy: this.#correct / this.#examples,
    };
  }

  /**
   * Checks the weights themselves, which no loss has vouched for since the last step.
   *
   * @throws {HarmonicError} `DIVERGED` or `INVALID_DATA` when one is not finite, once the last good weights are back.
   */
  async requireFiniteWeights(): Promise<void> {
    this.#requireIntact();
    const variables = Object.values(this.#model.variables);
    if (!(await areFinite(variables))) {
      const what = `The weights are no longer finite after step ${this.#step} of epoch ${this.#epoch}`;
      await this.#stopDiverged(what, this.#step);
    }
    dispose(this.#checked);
    this.#checked = this.#copyWeights();
  }

  /** Closes the epoch, lets the schedule step, and goes on to the next one. */
  endEpoch(validation: Evaluation | undefined, seconds: number): EpochRecord {
    const record: EpochRecord = {
      epoch: this.#epoch,
      trainLoss: this.#lossSum / this.#step,
      trainAccuracy: this.#correct / this.#examples,
      ...(validation && { validation }),
      learningRate: rateOf(this.#optimizer),
      seconds,
    };
    this.history.push(record);
    this.#schedule?.step(record.trainLoss);
    this.#epoch += 1;
    this.#step = 0;
    this.#lossSum = 0;
    this.#correct = 0;
    this.#examples = 0;
    return record;
  }

  /** The model and the whole state of the run as one file; everything must have been read. */
  async checkpoint(metadata: Record<string, string> = {}): Promise<Uint8Array<ArrayBuffer>> {
    this.#requireIntact();
    const state = this.#savable().saveState(this.#parameters);
    const { readEvery: _, ...settings } = this.#settings;
    const progress: Progress = {
      ...settings,
      epoch: this.#epoch,
      step: this.#step,
      lossSum: this.#lossSum,
      correct: this.#correct,
      examples: this.#examples,
      learningRate: rateOf(this.#optimizer),
      initialLearningRate: this.#initialRate,
      history: this.history,
      schedule: this.#schedule?.getState() ?? null,
      scheduleKind: this.#schedule === null ? undefined : kindOf(this.#schedule),
      scheduleSettings: this.#schedule?.getConfig?.(),
      optimizerSettings: settingsOf(this.#optimizer),
      optimizer: { ...state.values },
    };
    const optimizerTensors = Object.entries(state.tensors).map(([path, value]) => [
      `optimizer/${path}`,
      value,
    ]);
    return encodeModelFile(
      this.#model.config,
      { ...this.#model.variables, ...Object.fromEntries(optimizerTensors) },
      { ...metadata, training: JSON.stringify(progress) },
    );
  }

  /**
   * Goes on from a checkpoint.
   *
   * @param isGiven whether the caller of `fit` chose the optimizer, whose rate is then followed where it is another than the
   *   one that the checkpoint's run was started with.
   * @throws {HarmonicError} `INVALID_DATA` when something of it is missing or of another shape.
   */
  resume({ tensors: stored, progress }: Checkpoint, isGiven: boolean): void {
    const optimizer = this.#savable();
    // The weights come last: whatever is refused below leaves the model as it was.
    requireAllStored(this.#model.variables, stored);
    const schedule = this.#schedule;
    // Older files do not tell the kind.
    if (progress.schedule !== null && schedule !== null) {
      if ((progress.scheduleKind ?? kindOf(schedule)) === kindOf(schedule))
        schedule.setState(progress.schedule);
    }
    tidy(() => {
      const tensors = Object.entries(stored)
        .filter(([path]) => path.startsWith('optimizer/'))
        .map(([path, { data, shape }]) => [path.slice('optimizer/'.length), tensor(data, shape)] as const);
      optimizer.loadState(this.#parameters, {
        tensors: Object.fromEntries(tensors),
        values: progress.optimizer,
      });
    });
    const current = progress.learningRate;
    const initial = progress.initialLearningRate ?? progress.history[0]?.learningRate ?? current;
    if (current !== undefined && (!isGiven || rateOf(this.#optimizer) === initial)) {
      setLearningRate(this.#optimizer, current);
      this.#initialRate = initial;
    }
    assignStored(this.#model.variables, stored);
    noteChange(this.#model);
    this.history.push(...progress.history);
    this.#epoch = progress.epoch;
    this.#step = progress.step;
    this.#lossSum = progress.lossSum;
    this.#correct = progress.correct;
    this.#examples = progress.examples;
    dispose([this.#good, this.#checked]);
    this.#good = this.#copyWeights();
    this.#checked = this.#copyWeights();
  }

  dispose(): void {
    this.#clearUnread();
    dispose([this.#good, this.#candidate, this.#checked]);
  }

  #savable(): SavableOptimizer {
    if (isSavable(this.#optimizer)) return this.#optimizer;
    throw new HarmonicError(
      'UNSUPPORTED',
      `A run with ${this.#optimizer.getClassName()} cannot be checkpointed: its state is not kept by path. Use Adam of @harmonic-mlp/freq-optimizer, or save the model alone with toBytes.`,
    );
  }

  #clearUnread(): void {
    dispose([this.#unread.losses, this.#unread.counts]);
    this.#unread = { losses: [], counts: [] };
  }

  #copyWeights(): Tensor[] {
    return Object.values(this.#model.variables).map((variable) => keep(clone(variable as Tensor)));
  }

  /**
   * Throws what is wrong with the data, or else that training diverged, once the last good weights are back.
   *
   * @param first the first step whose data are suspected; the current one is the last.
   */
  async #stopDiverged(what: string, first: number): Promise<never> {
    const isGood = await areFinite(this.#good);
    Object.values(this.#model.variables).forEach((variable, i) => {
      variable.assign((isGood ? this.#good : this.#checked)[i]);
    });
    noteChange(this.#model);
    const isSpoilt = !(await this.#clearSpoiltMoments());
    const rate = rateOf(this.#optimizer);
    const diverged = new HarmonicError(
      'DIVERGED',
      `${what}: training diverged. The weights are back at the last good ones. Lower the learning rate${rate === undefined ? '' : ` (now ${rate})`}.${isSpoilt ? ` The state of this ${this.#optimizer.getClassName()} is spoilt; make a new one.` : ''}`,
    );
    let fault: HarmonicError | undefined;
    try {
      fault = await this.#findFault(this.#epoch, first, this.#step);
      // Where no loss showed when it began, it may have been at any step of the epoch.
      if (fault === undefined && !isGood && first > 1)
        fault = await this.#findFault(this.#epoch, 1, first - 1);
    } catch {
      // What cannot be looked at again hides nothing of what happened.
    }
    if (fault === undefined) throw diverged;
    throw new HarmonicError(
      'INVALID_DATA',
      `${fault.message} ${what}; the weights are back at the last good ones.`,
      { cause: diverged },
    );
  }

  /** Lets an optimizer whose state is no longer finite start anew, so that it can be used again; false where it cannot. */
  async #clearSpoiltMoments(): Promise<boolean> {
    if (!isSavable(this.#optimizer)) return false;
    try {
      const { tensors } = this.#optimizer.saveState(this.#parameters);
      const moments = Object.values(tensors);
      if (moments.length === 0) return true;
      if (!(await areFinite(moments)))
        this.#optimizer.loadState(this.#parameters, { tensors: {}, values: {} });
      return true;
    } catch {
      return false; // A wrapper whose base cannot save its state.
    }
  }

  /** @throws {HarmonicError} `IN_USE` when the model or the optimizer was disposed while the run uses it. */
  #requireIntact(): void {
    const isOptimizerDisposed = disposalsOf(this.#optimizer) !== this.#disposals;
    if (!this.#model.isDisposed && !isOptimizerDisposed) return;
    throw new HarmonicError(
      'IN_USE',
      `The ${isOptimizerDisposed ? 'optimizer' : 'model'} was disposed while fit was using it. Await fit before disposing, or abort it by its signal and await that.`,
    );
  }
}

/** Whether all values of all tensors are finite, by their sums. */
async function areFinite(tensors: Tensor[]): Promise<boolean> {
  const sums = tidy(() => stack(tensors.map((each) => sum(each))));
  try {
    return (await sums.data()).every(Number.isFinite);
  } finally {
    sums.dispose();
  }
}

/** The learning rate of an optimizer, if it tells one. */
function rateOf(optimizer: Optimizer): number | undefined {
  const { learningRate } = optimizer as { learningRate?: unknown };
  return Number.isFinite(learningRate) ? getLearningRate(optimizer) : undefined;
}

/** How often an optimizer has been disposed, if it counts. */
const disposalsOf = (optimizer: Optimizer): number | undefined =>
  (optimizer as { disposals?: number }).disposals;
