import { HarmonicError } from '@harmonic-mlp/core';
import {
  getLearningRate,
  isSavable,
  type LearningRateSchedule,
  ReduceLROnPlateau,
  requireEpsilon,
  setLearningRate,
} from '@harmonic-mlp/freq-optimizer';
import type { Optimizer } from '@tensorflow/tfjs-core';
import { settingsOf } from './optimizer-settings';
import type { Progress } from './progress';
import { printable } from './safetensors';

/** The kind of a schedule, by which its state is restored only where it belongs; all that tell none are one kind. */
export const kindOf = (schedule: LearningRateSchedule): string => schedule.getClassName?.() ?? 'custom';

/** What a wrapper passes the learning rate on to; any other optimizer itself. */
const baseOf = (optimizer: Optimizer): Optimizer => (optimizer as { base?: Optimizer }).base ?? optimizer;

/**
 * The schedule of a run: the one that is given; else that of the checkpoint, without its state; else the default one.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` when the one that is given changes the rate of another optimizer; `INVALID_DATA`
 *   when the checkpoint's is of a kind that must be given.
 */
export function scheduleOf(
  given: LearningRateSchedule | null | undefined,
  optimizer: Optimizer,
  saved: Progress | undefined,
): LearningRateSchedule | null {
  if (given != null && given.optimizer !== undefined && baseOf(given.optimizer) !== baseOf(optimizer)) {
    throw new HarmonicError(
      'INVALID_ARGUMENT',
      'schedule changes the rate of another optimizer than the one that trains. Give both of one: { optimizer, schedule: new ReduceLROnPlateau(optimizer, { patience: 2 }) }.',
    );
  }
  if (given !== undefined) return given;
  if (saved?.schedule === null) return null;
  const { scheduleKind = 'ReduceLROnPlateau', scheduleSettings = { patience: 2 } } = saved ?? {};
  if (scheduleKind !== 'ReduceLROnPlateau') {
    throw new HarmonicError(
      'INVALID_DATA',
      `The checkpoint's run had a schedule of kind ${printable(scheduleKind)}, which fit does not make by itself. Give such a schedule as the option schedule, or null for a constant rate.`,
    );
  }
  try {
    return new ReduceLROnPlateau(optimizer, scheduleSettings);
  } catch (cause) {
    if (saved?.scheduleSettings === undefined) throw cause;
    throw new HarmonicError(
      'INVALID_DATA',
      `The checkpoint's settings of the schedule are damaged: ${printable((cause as Error).message, 300)}`,
      { cause },
    );
  }
}

/**
 * Checks what a run will need of its optimizer, before the first step needs it.
 *
 * @throws {HarmonicError} `UNSUPPORTED` when there is a schedule, but no rate to read and set, or a run to resume, but no
 *   state to load; `INVALID_ARGUMENT` for an ε that the backend's floats lose.
 */
export function requireUsable(
  optimizer: Optimizer,
  schedule: LearningRateSchedule | null,
  isResumed: boolean,
): void {
  const { epsilon } = settingsOf(optimizer);
  if (epsilon !== undefined) requireEpsilon(epsilon);
  if (schedule !== null) requireRate(optimizer);
  if (isResumed && !isSavable(optimizer)) {
    throw new HarmonicError(
      'UNSUPPORTED',
      `A run cannot be resumed with ${optimizer.getClassName()}: it cannot load the state of a checkpoint. Use Adam of @harmonic-mlp/freq-optimizer, or leave out resume and begin anew from HarmonicMLP.fromBytes.`,
    );
  }
}

function requireRate(optimizer: Optimizer): void {
  try {
    setLearningRate(optimizer, getLearningRate(optimizer));
  } catch (cause) {
    throw new HarmonicError(
      'UNSUPPORTED',
      `${(cause as Error).message} A schedule changes the rate: give another optimizer, or schedule: null.`,
      { cause },
    );
  }
}
