import { describeValue, HarmonicError, requireOneOf } from '@harmonic-mlp/core';
import {
  isSchedule,
  type LearningRateSchedule,
  makeSchedule,
  ReduceLROnPlateau,
  type Schedule,
  schedules,
} from '@harmonic-mlp/freq-optimizer';
import type { Optimizer } from '@tensorflow/tfjs-core';
import { damaged, printable, type SavedSchedule } from '../checkpoint';
import type { Callback } from './callback';
import { epochSchedule, stepSchedule } from './callbacks';

/**
 * What changes the learning rate in a run: a function of the step (`cosine({ warmup: 0.05 })`), the name of one with its
 * defaults (`cosine`), a schedule that steps by epochs (`ReduceLROnPlateau`; `plateau` is one of patience 2), or null for a
 * constant rate.
 */
export type ScheduleOption = Schedule | LearningRateSchedule | string | null;

/** A schedule as a run has it. */
export interface ScheduleOfRun {
  /** Null for a constant rate. */
  readonly schedule: Schedule | LearningRateSchedule | null;
  /**
   * What follows it.
   *
   * @param rate what the factors of a function of the step are of.
   */
  callbacks(rate: () => number): Callback[];
  /** What a checkpoint keeps of it. */
  save(): SavedSchedule | null;
  /** Goes on with the state that a schedule of the same kind had; older files do not tell the kind. */
  load(saved: SavedSchedule | null): void;
}

/** The names that `schedule` takes. */
export const scheduleNames = (): string[] => ['plateau', ...Object.keys(schedules)];

/** The kind of a schedule that steps by epochs; all that tell none are one kind. */
const kindOf = (schedule: LearningRateSchedule): string => schedule.getClassName?.() ?? 'custom';

/** What a wrapper passes the learning rate on to; any other optimizer itself. */
const baseOf = (optimizer: Optimizer): Optimizer => (optimizer as { base?: Optimizer }).base ?? optimizer;

/**
 * Checks the kind of what `schedule` is given.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` for anything but a {@link ScheduleOption}.
 */
export function requireScheduleOption(schedule: ScheduleOption | undefined): void {
  if (schedule == null || isSchedule(schedule)) return;
  if (typeof schedule === 'string') {
    requireOneOf('schedule', schedule, scheduleNames());
    return;
  }
  const missing = (['step', 'getState', 'setState'] as const).filter(
    (name) => typeof schedule[name] !== 'function',
  );
  if (missing.length === 0) return;
  const allowed =
    "null, a name such as 'cosine', a schedule such as cosine({ warmup: 0.05 }), or an object with step, getState and setState, such as new ReduceLROnPlateau(optimizer, { patience: 2 })";
  const lack = typeof schedule === 'object' ? ` without ${missing.join(', ')}` : '';
  throw new HarmonicError('INVALID_ARGUMENT', {
    argument: 'schedule',
    value: schedule,
    allowed,
    problem: `schedule is ${describeValue(schedule)}${lack}; it must be ${allowed}.`,
  });
}

/**
 * The schedule of a run: the one that is given; else that of the checkpoint; else the default one.
 *
 * @param saved that of the checkpoint; undefined where no run goes on.
 * @param steps the steps of the whole run: the length of a function of the step that is given.
 * @throws {HarmonicError} `INVALID_ARGUMENT` when the one that is given changes the rate of another optimizer; `INVALID_DATA`
 *   when the checkpoint's is of a kind that must be given.
 */
export function scheduleOf(
  given: ScheduleOption | undefined,
  optimizer: Optimizer,
  saved: SavedSchedule | null | undefined,
  steps: number,
): ScheduleOfRun {
  if (given === undefined)
    return saved === undefined ? byEpochs(plateau(optimizer)) : again(saved, optimizer);
  if (given === null || given === 'constant') return constantRate;
  if (given === 'plateau') return byEpochs(plateau(optimizer));
  if (typeof given === 'string') return bySteps(makeSchedule(given), steps);
  if (isSchedule(given)) return bySteps(given, steps);
  if (given.optimizer !== undefined && baseOf(given.optimizer) !== baseOf(optimizer)) {
    throw new HarmonicError('INVALID_ARGUMENT', {
      argument: 'schedule',
      value: given,
      problem: 'schedule changes the rate of another optimizer than the one that trains.',
      fix: 'Give both of one: { optimizer, schedule: new ReduceLROnPlateau(optimizer, { patience: 2 }) }.',
    });
  }
  return byEpochs(given);
}

const constantRate: ScheduleOfRun = {
  schedule: null,
  callbacks: () => [],
  save: () => null,
  load() {},
};

const plateau = (optimizer: Optimizer, settings: object = { patience: 2 }) =>
  new ReduceLROnPlateau(optimizer, settings);

const byEpochs = (schedule: LearningRateSchedule): ScheduleOfRun => ({
  schedule,
  callbacks: () => [epochSchedule(schedule)],
  save: () => ({ kind: kindOf(schedule), settings: schedule.getConfig?.(), state: schedule.getState() }),
  load(saved) {
    if (saved?.state !== undefined && (saved.kind ?? kindOf(schedule)) === kindOf(schedule))
      schedule.setState(saved.state);
  },
});

const bySteps = (schedule: Schedule, steps: number): ScheduleOfRun => ({
  schedule,
  callbacks: (rate) => [stepSchedule(schedule, steps, rate)],
  save: () => ({ kind: schedule.name, settings: schedule.settings, steps }),
  load() {},
});

/** The schedule of a checkpoint, without the state of one that steps by epochs. */
function again(saved: SavedSchedule | null, optimizer: Optimizer): ScheduleOfRun {
  if (saved === null) return constantRate;
  const { kind = 'ReduceLROnPlateau', settings } = saved;
  try {
    if (kind === 'ReduceLROnPlateau') return byEpochs(plateau(optimizer, settings));
    if (saved.steps !== undefined)
      return bySteps(makeSchedule(kind, settings as Schedule['settings']), saved.steps);
  } catch (cause) {
    if (settings === undefined) throw cause;
    throw damaged('schedule.settings', "The checkpoint's record of the schedule's settings", cause);
  }
  throw new HarmonicError('INVALID_DATA', {
    argument: 'schedule',
    problem: `The checkpoint's run had a schedule of kind ${printable(kind)}, which fit does not make by itself.`,
    fix: 'Give such a schedule as the option schedule, or null for a constant rate.',
  });
}
