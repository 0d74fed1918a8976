import { computed, signal } from '@preact/signals';
import type { Remote } from 'comlink';
import type { Activation, EpochRecord } from 'harmonic-mlp';
import type { Settings } from './settings';
import type { Inspection, Position, TrainerApi, TrainerEvent } from './worker/protocol';

/** The test accuracies whose times are recorded. */
export const milestones = [0.95, 0.96, 0.97] as const;

/** When a test accuracy was first seen. */
export interface Milestone {
  seconds: number;
  epochs: number;
  /** When the network was last seen below it. */
  notYet: number | undefined;
}

/** The course of training as curves; x counts epochs. */
export interface Curves {
  training: { x: number[]; loss: number[]; accuracy: number[] };
  test: { x: number[]; loss: number[]; accuracy: number[] };
}

const noCurves = (): Curves => ({
  training: { x: [], loss: [], accuracy: [] },
  test: { x: [], loss: [], accuracy: [] },
});

/** Measurements during training are smoothed over about this many steps. */
export const smoothedSteps = 25;
/** Curves with more points are thinned out. */
const mostPoints = 1500;
/** The time over which the training rate is measured, in seconds. */
const rateWindow = 3;

const stepsOf = ({ epoch, step, stepsPerEpoch }: Position) => (epoch - 1) * stepsPerEpoch + step;
const epochsOf = (at: Position) => stepsOf(at) / at.stepsPerEpoch;

/** Drops every other point except the last if there are too many. */
function thin(curve: Curves['test']): void {
  if (curve.x.length <= mostPoints) return;
  const keep = (values: number[]) => values.filter((_, i) => (values.length - 1 - i) % 2 === 0);
  curve.x = keep(curve.x);
  curve.loss = keep(curve.loss);
  curve.accuracy = keep(curve.accuracy);
}

/** What the page knows about one network and its training. */
export class Network {
  readonly activation = signal<Activation>('harmonic');
  readonly at = signal<Position | undefined>(undefined);
  readonly curves = signal<Curves>(noCurves());
  readonly epochs = signal<EpochRecord[]>([]);
  readonly waiting = signal(false);
  /** Steps per second: current, or the average of the run while it is not running. */
  readonly rate = signal<{ value: number; isMean: boolean } | undefined>(undefined);
  readonly inspection = signal<Inspection | undefined>(undefined);
  /** The newest test accuracy. */
  readonly accuracy = signal<number | undefined>(undefined);
  /** The highest at the end of an epoch, as on the command line: the best of many more evaluations would flatter. */
  readonly bestAccuracy = computed(() => {
    const accuracies = this.epochs.value.flatMap(({ validation }) => validation?.accuracy ?? []);
    return accuracies.length === 0 ? undefined : Math.max(...accuracies);
  });
  readonly milestones = signal<(Milestone | undefined)[]>([]);

  /** Counts the runs: an inspection from an earlier run does not belong to this one. */
  begun = 0;

  /** Exponential moving averages, and the total weight of their values. */
  #smoothed = { loss: 0, accuracy: 0, weight: 0 };
  /** The times of all test evaluations. */
  #tested: number[] = [];
  #recent: { steps: number; seconds: number }[] = [];

  /** @param number its number for the inspector: its position among the networks. */
  constructor(
    readonly number: number,
    readonly trainer: Remote<TrainerApi>,
    readonly dispose: () => void,
  ) {}

  /** Forgets everything about an earlier run. */
  begin({ activation }: Pick<Settings, 'activation'>): void {
    this.begun++;
    this.activation.value = activation;
    this.at.value = undefined;
    this.curves.value = noCurves();
    this.epochs.value = [];
    this.waiting.value = false;
    this.rate.value = undefined;
    this.accuracy.value = undefined;
    this.milestones.value = milestones.map(() => undefined);
    this.#smoothed = { loss: 0, accuracy: 0, weight: 0 };
    this.#tested = [];
    this.#recent = [];
  }

  /** Takes over the epochs of a saved run. */
  restore(history: EpochRecord[], at: Position): void {
    this.at.value = at;
    let seconds = 0;
    for (const record of history) {
      seconds += record.seconds;
      const { epoch, trainLoss, trainAccuracy, validation } = record;
      const { training } = this.curves.peek();
      training.x.push(epoch);
      training.loss.push(trainLoss);
      training.accuracy.push(trainAccuracy);
      if (validation) this.#addTest({ epoch, step: 0, stepsPerEpoch: 1, seconds }, epoch, validation);
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
    if (type === 'metrics') {
      this.#addTraining(epochsOf(at), event);
      this.#updateRate(at);
    } else if (type === 'epoch') {
      this.epochs.value = [...this.epochs.value, event.record];
      if (event.record.validation) this.#addTest(at, epochsOf(at), event.record.validation);
    } else if (type === 'ended') {
      this.rate.value = at.seconds > 0 ? { value: stepsOf(at) / at.seconds, isMean: true } : undefined;
      this.#recent = [];
    }
    if (type === 'metrics' || type === 'epoch') this.curves.value = { ...this.curves.value };
  }

  /** Takes an inspection of the network at a position. */
  see(inspection: Inspection, at: Position): void {
    this.inspection.value = inspection;
    if (inspection.test === undefined) return;
    this.#addTest(at, epochsOf(at), inspection.test);
    this.curves.value = { ...this.curves.value };
  }

  #addTraining(
    x: number,
    { steps, loss, accuracy }: { steps: number; loss: number; accuracy: number },
  ): void {
    const kept = Math.exp(-steps / smoothedSteps);
    const { weight, ...last } = this.#smoothed;
    const mix = (old: number, value: number) => kept * old + (1 - kept) * value;
    const now = {
      loss: mix(last.loss, loss),
      accuracy: mix(last.accuracy, accuracy),
      weight: mix(weight, 1),
    };
    this.#smoothed = now;
    const { training } = this.curves.peek();
    training.x.push(x);
    training.loss.push(now.loss / now.weight);
    training.accuracy.push(now.accuracy / now.weight);
    thin(training);
  }

  #addTest(at: Position, x: number, { loss, accuracy }: { loss: number; accuracy: number }): void {
    const { test } = this.curves.peek();
    // The inspector may finish a network after a later one was validated, or inspect the same one again.
    let place = test.x.length;
    while (place > 0 && test.x[place - 1] >= x) place--;
    const same = test.x[place] === x ? 1 : 0;
    test.x.splice(place, same, x);
    test.loss.splice(place, same, loss);
    test.accuracy.splice(place, same, accuracy);
    this.accuracy.value = test.accuracy.at(-1);
    const before = this.#tested.filter((time) => time < at.seconds);
    this.#tested.push(at.seconds);
    // An untrained network does not count.
    if (x === 0) return;
    this.milestones.value = this.milestones.peek().map((earlier, i) => {
      if (accuracy < milestones[i] || (earlier !== undefined && earlier.epochs <= x)) return earlier;
      const notYet = before.length === 0 ? undefined : before.reduce((a, b) => Math.max(a, b));
      return { seconds: at.seconds, epochs: x, notYet };
    });
    thin(test);
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
