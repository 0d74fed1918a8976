import { HarmonicError, requireNumber, requireOneOf } from '@harmonic-mlp/core';
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
import { requireMethods } from '../require-methods';
import type { Callback } from './callback';
import { epochSchedule } from './epoch-schedule';
import { stepSchedule } from './step-schedule';

/**
 * What changes the learning rate in a run: a function of the step (`cosine({ warmup: 0.05 })`), the name of one (`cosine`), a
 * schedule that steps by epochs (`ReduceLROnPlateau`; `plateau` is one with patience 2), or null for a constant rate.
 */
export type ScheduleOption = Schedule | LearningRateSchedule | string | null;

/** The schedule of a run. */
export interface ScheduleOfRun {
  /** Whether the rate never changes. */
  readonly isConstant: boolean;
  /** The schedule that only one run at a time can use, since it has state. */
  readonly stateful: LearningRateSchedule | undefined;
  /**
   * The callbacks that apply it.
   *
   * @param rate the rate that the factors of a function of the step multiply.
   */
  callbacks(rate: () => number): Callback[];
  /** Its record in a checkpoint. */
  save(): SavedSchedule | null;
  /** Takes over the saved state of a schedule of the same kind; older files do not say the kind. */
  load(saved: SavedSchedule | null): void;
}

/** The names that the option `schedule` accepts. */
export const scheduleNames = (): string[] => ['plateau', ...Object.keys(schedules)];

/** The kind of a schedule that steps by epochs; all that do not say their class are one kind. */
const kindOf = (schedule: LearningRateSchedule): string => schedule.getClassName?.() ?? 'custom';

/** The optimizer inside a wrapper, which has the learning rate; any other optimizer itself. */
const baseOf = (optimizer: Optimizer): Optimizer => (optimizer as { base?: Optimizer }).base ?? optimizer;

/**
 * Checks the option `schedule`.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` for anything but a {@link ScheduleOption}.
 */
export function requireScheduleOption(schedule: ScheduleOption | undefined): void {
  if (schedule == null || isSchedule(schedule)) return;
  if (typeof schedule === 'string') {
    requireOneOf('schedule', schedule, scheduleNames());
    return;
  }
  requireMethods(
    'schedule',
    schedule,
    ['step', 'getState', 'setState'],
    "null, a name such as 'cosine', a schedule such as cosine({ warmup: 0.05 }), or an object with step, getState, and setState, such as new ReduceLROnPlateau(optimizer, { patience: 2 })",
  );
}

/**
 * The schedule of a run: the one that is given, else that of the checkpoint, else the default.
 *
 * @param saved that of the checkpoint; undefined if no run is resumed.
 * @param steps the number of steps in the whole run, which is the length of a given function of the step.
 * @throws {HarmonicError} `INVALID_ARGUMENT` if the given one changes the rate of another optimizer; `INVALID_DATA` if that of
 *   the checkpoint is of a kind that only the caller can make.
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
      problem: 'schedule changes the rate of an optimizer other than the one that trains the model.',
      fix: 'Use the same one for both: { optimizer, schedule: new ReduceLROnPlateau(optimizer, { patience: 2 }) }.',
    });
  }
  return byEpochs(given);
}

const constantRate: ScheduleOfRun = {
  isConstant: true,
  stateful: undefined,
  callbacks: () => [],
  save: () => null,
  load() {},
};

const plateau = (optimizer: Optimizer, settings: object = { patience: 2 }) =>
  new ReduceLROnPlateau(optimizer, settings);

const byEpochs = (schedule: LearningRateSchedule): ScheduleOfRun => ({
  isConstant: false,
  stateful: schedule,
  callbacks: () => [epochSchedule(schedule)],
  save: () => ({ kind: kindOf(schedule), settings: schedule.getConfig?.(), state: schedule.getState() }),
  load(saved) {
    if (saved?.state !== undefined && (saved.kind ?? kindOf(schedule)) === kindOf(schedule))
      schedule.setState(saved.state);
  },
});

const bySteps = (schedule: Schedule, steps: number): ScheduleOfRun => ({
  isConstant: false,
  stateful: undefined,
  callbacks: (rate) => [stepSchedule(checked(schedule), steps, rate)],
  save: () => ({ kind: schedule.name, settings: schedule.settings, steps }),
  load() {},
});

/** Checks each factor, so that a bad one is not blamed on the learning rate. */
const checked = (schedule: Schedule): Schedule => ({
  ...schedule,
  factor: (step, steps) =>
    requireNumber(`${schedule.name}.factor(${step}, ${steps})`, schedule.factor(step, steps), { min: 0 }),
});

/** Makes the schedule of a checkpoint again, without the state of one that steps by epochs. */
function again(saved: SavedSchedule | null, optimizer: Optimizer): ScheduleOfRun {
  if (saved === null) return constantRate;
  const { kind = 'ReduceLROnPlateau', settings } = saved;
  let unknown: unknown = kind;
  try {
    if (kind === 'ReduceLROnPlateau') return byEpochs(plateau(optimizer, settings));
    if (saved.steps !== undefined)
      return bySteps(makeSchedule(kind, settings as Schedule['settings']), saved.steps);
  } catch (cause) {
    if (settings === undefined) throw cause;
    const { argument, value } = cause as HarmonicError;
    if (argument !== 'schedule')
      throw damaged('schedule.settings', "The checkpoint's record of the schedule's settings", cause);
    // Of a join, it is the part that is not known.
    unknown = value;
  }
  throw new HarmonicError('INVALID_DATA', {
    argument: 'schedule',
    problem: `The checkpoint's run had a schedule of kind ${printable(String(unknown))}, which fit cannot make by itself.`,
    fix: 'Pass such a schedule as the option schedule, or null for a constant rate.',
  });
}
