import { computed, signal } from '@preact/signals';
import type { Remote } from 'comlink';
import type { Activation } from 'harmonic-mlp';
import { measureOf } from './dataset';
import { type Measure, measured } from './measure';
import type { Settings } from './settings';
import type { Computer, Epoch, Inspection, Position, TrainerApi, TrainerEvent } from './worker/protocol';

/** The test accuracies whose times are recorded. */
export const milestones = [0.95, 0.96, 0.97] as const;

/** When a test accuracy was first seen. */
export interface Milestone {
  seconds: number;
  epochs: number;
  /** When the network was last seen below it. */
  notYet: number | undefined;
}

/** The loss and the measure over epochs. */
export interface Curve {
  x: number[];
  loss: number[];
  value: number[];
}

/** The course of training as curves. */
export interface Curves {
  training: Curve;
  test: Curve;
}

const noCurves = (): Curves => ({
  training: { x: [], loss: [], value: [] },
  test: { x: [], loss: [], value: [] },
});

/** Measurements during training are smoothed over about this many steps. */
const smoothedSteps = 25;
/** Curves with more points are thinned out. */
const mostPoints = 1500;
/** The time over which the training rate is measured, in seconds. */
const rateWindow = 3;

const stepsOf = ({ epoch, step, stepsPerEpoch }: Position) => (epoch - 1) * stepsPerEpoch + step;
const epochsOf = (at: Position) => stepsOf(at) / at.stepsPerEpoch;

/** Drops every other point except the last if there are too many. */
function thin(curve: Curve): void {
  if (curve.x.length <= mostPoints) return;
  const keep = (values: number[]) => values.filter((_, i) => (values.length - 1 - i) % 2 === 0);
  curve.x = keep(curve.x);
  curve.loss = keep(curve.loss);
  curve.value = keep(curve.value);
}

/** What the page knows about one network and its training. */
export class Network {
  readonly activation = signal<Activation>('harmonic');
  readonly dataset = signal('mnist');
  /** What tells how good it is. */
  readonly measure = computed<Measure>(() => measureOf(this.dataset.value));
  readonly at = signal<Position | undefined>(undefined);
  readonly curves = signal<Curves>(noCurves());
  readonly epochs = signal<Epoch[]>([]);
  readonly waiting = signal(false);
  /** How many threads take a step together. */
  readonly threads = signal(1);
  /** Steps per second: current, or the average of the run while it is not running. */
  readonly rate = signal<{ value: number; isMean: boolean } | undefined>(undefined);
  readonly inspection = signal<Inspection | undefined>(undefined);
  /** The newest measurement on test examples. */
  readonly value = signal<number | undefined>(undefined);
  /** The best at the end of an epoch, as on the command line: the best of many more evaluations would flatter. */
  readonly best = computed(() => {
    const values = this.epochs.value.flatMap((record) => this.testValue(record) ?? []);
    if (values.length === 0) return undefined;
    const { isError } = this.measure.value;
    return values.reduce((a, b) => (isError ? Math.min(a, b) : Math.max(a, b)));
  });
  readonly milestones = signal<(Milestone | undefined)[]>([]);

  /** Counts the runs: an inspection from an earlier run does not belong to this one. */
  begun = 0;

  /** Exponential moving averages, and the total weight of their values. */
  #smoothed = { loss: 0, value: 0, weight: 0 };
  /** The times of all test evaluations. */
  #tested: number[] = [];
  #recent: { steps: number; seconds: number }[] = [];

  /** @param number its number for the inspector: its position among the networks. */
  constructor(
    readonly number: number,
    readonly trainer: Remote<TrainerApi>,
    readonly computer: Computer,
    readonly dispose: () => void,
  ) {}

  /** Forgets everything about an earlier run. */
  begin({ activation, dataset }: Pick<Settings, 'activation' | 'dataset'>): void {
    this.begun++;
    this.activation.value = activation;
    // What is inside of a network stays visible until the next one has been inspected, but means nothing for other data.
    if (dataset !== this.dataset.peek()) this.inspection.value = undefined;
    this.dataset.value = dataset;
    this.at.value = undefined;
    this.curves.value = noCurves();
    this.epochs.value = [];
    this.waiting.value = false;
    this.threads.value = 1;
    this.rate.value = undefined;
    this.value.value = undefined;
    this.milestones.value = milestones.map(() => undefined);
    this.#smoothed = { loss: 0, value: 0, weight: 0 };
    this.#tested = [];
    this.#recent = [];
  }

  /** Takes over the epochs of a saved run. */
  restore(history: Epoch[], at: Position): void {
    this.at.value = at;
    let seconds = 0;
    for (const record of history) {
      seconds += record.seconds;
      const { training } = this.curves.peek();
      training.x.push(record.epoch);
      training.loss.push(record.trainLoss);
      training.value.push(this.trainingValue(record) ?? Number.NaN);
      thin(training);
      this.#addEpoch(record, seconds);
    }
    this.epochs.value = history;
    this.curves.value = { ...this.curves.value };
  }

  take(event: TrainerEvent): void {
    if (event.type === 'failed') {
      this.waiting.value = false;
      return;
    }
    const { type, at } = event;
    this.at.value = at;
    this.waiting.value = type === 'waiting';
    if (type === 'threads') this.threads.value = event.threads;
    if (type === 'metrics') {
      this.#addTraining(epochsOf(at), event);
      this.#updateRate(at);
    } else if (type === 'epochs') {
      this.epochs.value = [...this.epochs.value, ...event.epochs.map(({ record }) => record)];
      for (const { record, seconds } of event.epochs) this.#addEpoch(record, seconds);
    } else if (type === 'ended') {
      this.rate.value = at.seconds > 0 ? { value: stepsOf(at) / at.seconds, isMean: true } : undefined;
      this.#recent = [];
    }
    if (type === 'metrics' || type === 'epochs') this.curves.value = { ...this.curves.value };
  }

  /** Takes an inspection of the network at a position. */
  see(inspection: Inspection, at: Position): void {
    this.inspection.value = inspection;
    if (inspection.test === undefined) return;
    this.#addTest(at.seconds, epochsOf(at), inspection.test);
    this.curves.value = { ...this.curves.value };
  }

  /** The measure over the training examples of an epoch. */
  trainingValue({ trainAccuracy, trainMetrics }: Epoch): number | undefined {
    return measured(this.measure.value, { ...trainMetrics, accuracy: trainAccuracy });
  }

  /** The measure over the test examples after an epoch. */
  testValue({ validation }: Epoch): number | undefined {
    return measured(this.measure.value, validation ?? {});
  }

  #addEpoch(record: Epoch, seconds: number): void {
    const value = this.testValue(record);
    if (value !== undefined) this.#addTest(seconds, record.epoch, { loss: record.validation!.loss, value });
  }

  #addTraining(x: number, { steps, loss, value }: { steps: number; loss: number; value: number }): void {
    const kept = Math.exp(-steps / smoothedSteps);
    const { weight, ...last } = this.#smoothed;
    const mix = (old: number, now: number) => kept * old + (1 - kept) * now;
    const now = {
      loss: mix(last.loss, loss),
      value: mix(last.value, value),
      weight: mix(weight, 1),
    };
    this.#smoothed = now;
    const { training } = this.curves.peek();
    training.x.push(x);
    training.loss.push(now.loss / now.weight);
    training.value.push(now.value / now.weight);
    thin(training);
  }

  #addTest(seconds: number, x: number, { loss, value }: { loss: number; value: number }): void {
    const { test } = this.curves.peek();
    // The inspector may finish a network after a later one was validated, or inspect the same one again.
    let place = test.x.length;
    while (place > 0 && test.x[place - 1] >= x) place--;
    const same = test.x[place] === x ? 1 : 0;
    test.x.splice(place, same, x);
    test.loss.splice(place, same, loss);
    test.value.splice(place, same, value);
    this.value.value = test.value.at(-1);
    thin(test);
    if (!this.measure.value.isError) this.#noteMilestones(seconds, x, value);
  }

  #noteMilestones(seconds: number, x: number, value: number): void {
    const before = this.#tested.filter((time) => time < seconds);
    this.#tested.push(seconds);
    // An untrained network does not count.
    if (x === 0) return;
    this.milestones.value = this.milestones.peek().map((earlier, i) => {
      if (value < milestones[i] || (earlier !== undefined && earlier.epochs <= x)) return earlier;
      const notYet = before.length === 0 ? undefined : before.reduce((a, b) => Math.max(a, b));
      return { seconds, epochs: x, notYet };
    });
  }

  #updateRate(at: Position): void {
    const now = { steps: stepsOf(at), seconds: at.seconds };
    this.#recent = this.#recent.filter(({ seconds }) => now.seconds - seconds <= rateWindow);
    const [first] = this.#recent;
    if (first !== undefined && now.seconds > first.seconds) {
      const value = (now.steps - first.steps) / (now.seconds - first.seconds);
      this.rate.value = { value, isMean: false };
    }
    this.#recent.push(now);
  }
}
