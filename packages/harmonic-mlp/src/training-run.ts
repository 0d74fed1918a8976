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
import { assignStored, decodeModelFile, encodeModelFile, requireAllStored } from './model-file';
import { type Progress, readProgress } from './progress';

interface RunSettings {
  seed: number;
  batchSize: number;
  stepsPerEpoch: number;
  readEvery: number;
}

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

  #epoch = 1;
  #step = 0;
  #lossSum = 0;
  #correct = 0;
  #examples = 0;

  #unread: { losses: Scalar[]; counts: Scalar[] } = { losses: [], counts: [] };
  /** Weights that gave a finite loss. */
  #good: Tensor[];
  /** Weights of the last step before a read, whose loss is not known yet. */
  #candidate: Tensor[] = [];

  constructor(
    model: HarmonicMLP,
    optimizer: Optimizer,
    schedule: LearningRateSchedule | null,
    settings: RunSettings,
  ) {
    this.#model = model;
    this.#optimizer = optimizer;
    this.#schedule = schedule;
    this.#settings = settings;
    this.#parameters = model.parameters;
    this.#trained = Object.values(this.#parameters);
    this.#dropout = foldIn(randomKey(settings.seed), 'dropout');
    this.#good = this.#copyWeights();
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
    this.#step += 1;
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
   * @throws {HarmonicError} `DIVERGED` when a loss is not finite, once the last good weights are back.
   */
  async readMetrics(): Promise<Omit<MetricsEvent, keyof StepEvent>> {
    const { losses, counts } = this.#unread;
    const values = losses.length === 0 ? [] : [...(await read([...losses, ...counts]))];
    this.#clearUnread();
    const newLosses = values.slice(0, values.length / 2);
    const bad = newLosses.findIndex((loss) => !Number.isFinite(loss));
    if (bad >= 0) {
      const step = this.#step - newLosses.length + 1 + bad;
      this.#stopDiverged(`The training loss is ${newLosses[bad]} at step ${step} of epoch ${this.#epoch}`);
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
   * @throws {HarmonicError} `DIVERGED` when one is not finite, once the last good weights are back.
   */
  async requireFiniteWeights(): Promise<void> {
    const sums = tidy(() => stack(Object.values(this.#model.variables).map((variable) => sum(variable))));
    const values = await sums.data();
    sums.dispose();
    if (!values.every(Number.isFinite)) {
      this.#stopDiverged(`The weights are no longer finite after step ${this.#step} of epoch ${this.#epoch}`);
    }
  }

  /** Closes the epoch, lets the schedule step, and goes on to the next one. */
  endEpoch(validation: Evaluation | undefined, seconds: number): EpochRecord {
    const record: EpochRecord = {
      epoch: this.#epoch,
      trainLoss: this.#lossSum / this.#step,
      trainAccuracy: this.#correct / this.#examples,
      ...(validation && { validation }),
      learningRate: getLearningRate(this.#optimizer),
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
    const state = this.#savable().saveState(this.#parameters);
    const { readEvery: _, ...settings } = this.#settings;
    const progress: Progress = {
      ...settings,
      epoch: this.#epoch,
      step: this.#step,
      lossSum: this.#lossSum,
      correct: this.#correct,
      examples: this.#examples,
      learningRate: getLearningRate(this.#optimizer),
      history: this.history,
      schedule: this.#schedule?.getState() ?? null,
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
   * @throws {HarmonicError} `INVALID_DATA` when it is not one of this model, data set and batch size.
   */
  resume(bytes: Uint8Array): void {
    const file = decodeModelFile(bytes);
    const progress = readProgress(file.metadata);
    if (progress === undefined) {
      throw new HarmonicError(
        'INVALID_DATA',
        'This file holds a model, but no training run to resume. Use a file that a checkpoint of fit gave.',
      );
    }
    const { config } = this.#model;
    for (const name of Object.keys(config) as (keyof typeof config)[]) {
      const [stored, own] = [file.config[name], config[name]].map((value) => JSON.stringify(value));
      if (stored === own) continue;
      throw new HarmonicError(
        'INVALID_DATA',
        `The checkpoint's model has ${name} ${stored}, this one ${own}; to go on, they must be the same.`,
      );
    }
    for (const name of ['seed', 'batchSize', 'stepsPerEpoch'] as const) {
      if (progress[name] !== this.#settings[name]) {
        throw new HarmonicError(
          'INVALID_DATA',
          `The checkpoint's run has ${name} ${progress[name]}, this one ${this.#settings[name]}; to go on, they must be the same.`,
        );
      }
    }
    const optimizer = this.#savable();
    // The weights come last: whatever is refused below leaves the model as it was.
    requireAllStored(this.#model.variables, file.tensors);
    if (progress.schedule !== null) this.#schedule?.setState(progress.schedule);
    tidy(() => {
      const tensors = Object.entries(file.tensors)
        .filter(([path]) => path.startsWith('optimizer/'))
        .map(([path, { data, shape }]) => [path.slice('optimizer/'.length), tensor(data, shape)] as const);
      optimizer.loadState(this.#parameters, {
        tensors: Object.fromEntries(tensors),
        values: progress.optimizer,
      });
    });
    setLearningRate(this.#optimizer, progress.learningRate);
    assignStored(this.#model.variables, file.tensors);
    this.history.push(...progress.history);
    this.#epoch = progress.epoch;
    this.#step = progress.step;
    this.#lossSum = progress.lossSum;
    this.#correct = progress.correct;
    this.#examples = progress.examples;
    dispose(this.#good);
    this.#good = this.#copyWeights();
  }

  dispose(): void {
    this.#clearUnread();
    dispose([this.#good, this.#candidate]);
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

  #stopDiverged(what: string): never {
    Object.values(this.#model.variables).forEach((variable, i) => {
      variable.assign(this.#good[i]);
    });
    throw new HarmonicError(
      'DIVERGED',
      `${what}: training diverged. The weights are back at the last good ones. Lower the learning rate (now ${getLearningRate(this.#optimizer)}).`,
    );
  }
}
