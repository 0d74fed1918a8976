import { foldIn, randomKey } from '@harmonic-mlp/core';
import { type Applies, type Axes, applicable, hasValue, keyOf, type Values } from './axis';
import { draw } from './draw';
import type { Pruner } from './pruner';
import { foreign, type TrialRecord } from './records';
import type { Search } from './search';
import type { Observation } from './tpe';

/** How many values are drawn for axes that a record leaves out, before it is said to be of another sweep. */
const completions = 1000;

/** How a trial stands: to be trained, being trained, ended, or skipped, since the first seed of its configuration was pruned. */
export type TrialState = 'waiting' | 'running' | 'finished' | 'pruned' | 'failed' | 'skipped';

/** A trial of a sweep. */
export interface TrialStatus {
  readonly id: string;
  readonly configuration: number;
  readonly seed: number;
  readonly values: Values;
  state: TrialState;
  /** The last epoch that it reported. */
  epoch: number;
  /** Whether it is to end because of that. */
  isPruned: boolean;
  /** The best score that it reported. */
  reported: number;
  /** Its score, once it has ended. */
  score: number;
  result?: unknown;
  message?: string;
}

/**
 * The trials of a sweep, as its records tell: what it would be after an interruption, and while it goes on, is the same function of
 * them.
 */
export class Trials {
  readonly all: TrialStatus[] = [];
  readonly configurations: Values[] = [];
  readonly #search: Search;
  readonly #pruner: Pruner | undefined;
  readonly #seeds: readonly number[];
  readonly #axes: Axes;
  readonly #applies: Applies | undefined;
  /** Whether the search depends on results, so that only records know what it proposed. */
  readonly #isAdaptive: boolean;
  /** 1 if less is better, otherwise −1. */
  readonly #sign: number;
  readonly #byId = new Map<string, TrialStatus>();
  /** No trial before this place is waiting. */
  #firstWaiting = 0;
  #isExhausted = false;

  constructor({
    search,
    pruner,
    seeds,
    axes,
    applies,
    isAdaptive,
    goal,
  }: {
    search: Search;
    pruner: Pruner | undefined;
    seeds: readonly number[];
    axes: Axes;
    applies: Applies | undefined;
    isAdaptive: boolean;
    goal: 'minimize' | 'maximize';
  }) {
    this.#search = search;
    this.#pruner = pruner;
    this.#seeds = seeds;
    this.#axes = axes;
    this.#applies = applies;
    this.#isAdaptive = isAdaptive;
    this.#sign = goal === 'minimize' ? 1 : -1;
  }

  /** A score as what is to be minimized; one that is not a finite number is worse than all others. */
  lossOf(score: number): number {
    return Number.isFinite(score) ? this.#sign * score : Infinity;
  }

  /** The trials of a configuration, in the order of the seeds. */
  of(configuration: number): readonly TrialStatus[] {
    const count = this.#seeds.length;
    return this.all.slice(configuration * count, (configuration + 1) * count);
  }

  /**
   * The next trial to train: one that was interrupted, or a new one; undefined if there is none. With pruning, a configuration's
   * other seeds follow its first one, unless there is nothing else to do.
   */
  next(): TrialStatus | undefined {
    while (this.all[this.#firstWaiting] && this.all[this.#firstWaiting].state !== 'waiting')
      this.#firstWaiting++;
    const find = (isNext: (trial: TrialStatus, first: TrialStatus) => boolean) => {
      for (let place = this.#firstWaiting; place < this.all.length; place++) {
        const trial = this.all[place];
        if (trial.state === 'waiting' && isNext(trial, this.#firstOf(trial))) return trial;
      }
      return undefined;
    };
    return (
      find(
        (trial, first) =>
          this.#pruner === undefined || trial === first || ['finished', 'failed'].includes(first.state),
      ) ??
      this.#propose() ??
      find((_, first) => !first.isPruned)
    );
  }

  /** The trial of the same configuration with its first seed, by which alone configurations are compared to prune them. */
  #firstOf({ configuration }: TrialStatus): TrialStatus {
    return this.all[configuration * this.#seeds.length];
  }

  /** Whether no trial is left to train. */
  get areDone(): boolean {
    return (
      this.all.every(({ state }) => state !== 'waiting' && state !== 'running') &&
      (this.#isExhausted || this.#search.next(this.configurations, () => this.#observations()) === undefined)
    );
  }

  /** Adds the trials of the next configuration, and returns the first of them. */
  #propose(): TrialStatus | undefined {
    if (this.#isExhausted) return undefined;
    const values = this.#search.next(this.configurations, () => this.#observations());
    if (values === undefined) {
      this.#isExhausted = true;
      return undefined;
    }
    return this.#add(values)[0];
  }

  #add(values: Values): TrialStatus[] {
    const configuration = this.configurations.push(values) - 1;
    const added = this.#seeds.map<TrialStatus>((seed) => ({
      id: `c${configuration}-s${seed}`,
      configuration,
      seed,
      values,
      state: 'waiting',
      epoch: 0,
      isPruned: false,
      reported: Number.NaN,
      score: Number.NaN,
    }));
    for (const trial of added) {
      this.all.push(trial);
      this.#byId.set(trial.id, trial);
    }
    return added;
  }

  /** Whether a trial goes on, given the score of an epoch; undefined for one that decides nothing: a repeated one, or after its end. */
  judge(trial: TrialStatus, epoch: number, score: number, isLast: boolean): 'continue' | 'stop' | undefined {
    // One that is pruned may go on for a while before it hears of it.
    if (epoch <= trial.epoch || trial.isPruned) return undefined;
    const goesOn = this.#note(trial, epoch, score) || isLast;
    trial.isPruned = !goesOn;
    return goesOn ? 'continue' : 'stop';
  }

  #note(trial: TrialStatus, epoch: number, score: number): boolean {
    trial.epoch = epoch;
    if (this.lossOf(score) < this.lossOf(trial.reported)) trial.reported = score;
    // Seeds of one configuration, which are much alike, must not compete: most would end, and none would be complete.
    const first = this.#firstOf(trial);
    if (trial !== first) return !first.isPruned;
    return this.#pruner?.goesOn(trial.id, epoch, this.lossOf(score)) ?? true;
  }

  /** Notes the end of a trial. */
  end(trial: TrialStatus, state: 'finished' | 'pruned' | 'failed', score: number, result?: unknown): void {
    trial.state = state;
    trial.score = Number.isFinite(score) ? score : Number.NaN;
    if (result !== undefined) trial.result = result;
    if (trial !== this.#firstOf(trial)) return;
    if (state === 'finished') this.#pruner?.complete(trial.id);
    if (state !== 'pruned') return;
    trial.isPruned = true;
    for (const other of this.of(trial.configuration)) if (other.state === 'waiting') other.state = 'skipped';
  }

  /**
   * Takes a record of before.
   *
   * @throws {HarmonicError} `INVALID_DATA` if it cannot be one of this sweep.
   */
  replay(record: TrialRecord): void {
    if (Object(record) !== record || typeof record.trial !== 'string')
      throw foreign(record, 'The record of a trial is not an object with its name.');
    if (record.event === 'started') {
      this.#replayStart(record);
      return;
    }
    const trial = this.#byId.get(record.trial);
    if (trial === undefined || trial.state === 'waiting')
      throw foreign(record, `The trial ${record.trial} is recorded, but not that it was started.`);
    if (trial.state !== 'running')
      throw foreign(record, `The trial ${trial.id} is recorded again after its end.`);
    switch (record.event) {
      case 'progress':
        if (!Number.isInteger(record.epoch) || !isScore(record.score))
          throw foreign(record, `The record of ${trial.id} has no epoch or no score.`);
        if (record.epoch <= trial.epoch) return;
        this.#note(trial, record.epoch, record.score ?? Number.NaN);
        trial.isPruned = record.pruned === true;
        return;
      case 'finished':
      case 'pruned':
        if (!isScore(record.score)) throw foreign(record, `The record of ${trial.id} has no score.`);
        this.end(trial, record.event, record.score ?? Number.NaN, record.result);
        return;
      case 'failed':
        trial.message = record.message;
        this.end(trial, 'failed', Number.NaN);
        return;
      default:
        throw foreign(record, `The record of ${trial.id} has an unknown event.`);
    }
  }

  #replayStart(record: Extract<TrialRecord, { event: 'started' }>): void {
    const { trial: id, configuration, seed, values } = record;
    if (configuration === this.configurations.length) {
      if (!this.#isOfAxes(values))
        throw foreign(record, `The trial ${id} has values that the axes do not have.`);
      if (this.#isAdaptive) this.#add(values);
      else this.#propose();
    }
    const trial = this.#byId.get(id);
    if (trial === undefined || keyOf(trial.values) !== keyOf(values))
      throw foreign(record, `The trial ${id} is not one of this sweep: it has other values.`);
    if (trial.seed !== seed) throw foreign(record, `The trial ${id} has the seed ${seed}.`);
    // One that was interrupted is started again.
    if (trial.state === 'waiting') trial.state = 'running';
    else if (trial.state !== 'running')
      throw foreign(record, `The trial ${id} is started again after its end.`);
  }

  /** Whether values may be those of a configuration: one of each axis, but for axes that do not apply. */
  #isOfAxes(values: Values): boolean {
    if (Object(values) !== values) return false;
    const areKnown = Object.entries(values).every(
      ([name, value]) => Object.hasOwn(this.#axes, name) && hasValue(this.#axes[name], value),
    );
    if (!areKnown) return false;
    const isWhole = Object.keys(this.#axes).every((name) => Object.hasOwn(values, name));
    const key = keyOf(values);
    // Whether an axis applies may depend on those that are left out as well.
    for (let i = 0; i < (isWhole ? 1 : completions); i++) {
      const whole = isWhole ? values : { ...draw(this.#axes, foldIn(randomKey(0), i)), ...values };
      if (keyOf(applicable(whole, this.#applies)) === key) return true;
    }
    return false;
  }

  /** Those that are being trained are to be trained again. */
  interrupt(): void {
    for (const trial of this.all) {
      if (trial.state !== 'running') continue;
      trial.state = this.#firstOf(trial).state === 'pruned' ? 'skipped' : 'waiting';
    }
    this.#firstWaiting = 0;
  }

  /** What is known about the configurations all of whose trials have ended. */
  #observations(): Observation[] {
    return this.configurations.flatMap((values, number) => {
      const own = this.of(number);
      if (own.some(({ state }) => state === 'waiting' || state === 'running')) return [];
      const ended = own.filter(({ state }) => state !== 'skipped');
      const loss = ended.reduce((sum, { score }) => sum + this.lossOf(score), 0) / ended.length;
      const pruned = own.filter(({ state }) => state === 'pruned').map(({ epoch }) => epoch);
      return [{ values, loss, ...(pruned.length > 0 && { pruned: Math.max(...pruned) }) }];
    });
  }
}

const isScore = (value: unknown): boolean => value === null || typeof value === 'number';
