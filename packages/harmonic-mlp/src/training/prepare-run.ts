import { HarmonicError } from '@harmonic-mlp/core';
import { getLearningRate, setLearningRate } from '@harmonic-mlp/freq-optimizer';
import type { Optimizer } from '@tensorflow/tfjs-core';
import type { ExampleSource, Examples } from '../data';
import type { Model } from '../model';
import type { Callback } from './callback';
import { createOptimizer } from './create-optimizer';
import { divergenceGuard } from './divergence-guard';
import { type CheckedFitOptions, isSettings, optionHandlers } from './fit-options';
import { claim } from './in-use';
import { Learner } from './learner';
import { optimizerLike, rateOf } from './optimizer-settings';
import { planRun, type RunPlan } from './plan';
import { requireResumable, resumedRate } from './resume';
import { TrainingRun } from './run';
import { scheduleOf } from './schedule';
import { requireUsableOptimizer } from './usable-optimizer';

/** A run that is ready for its first step, or for the next one after its checkpoint. */
export interface PreparedRun<B extends Examples> {
  readonly run: TrainingRun<B>;
  readonly plan: RunPlan<B>;
  readonly callbacks: readonly Callback[];
  readonly options: CheckedFitOptions<B>;
  /**
   * Releases what the run holds; call it however the run ends.
   *
   * @param errors what ended the run.
   * @throws The first of them or, if there are none, the first that a callback's `dispose` throws.
   */
  release(...errors: unknown[]): void;
}

/**
 * Makes a run from the options of `fit`: its plan, optimizer, schedule, and callbacks, restored if it is resumed.
 *
 * @throws {HarmonicError} As `fit` does before anything changes.
 */
export function prepareRun<B extends Examples>(
  model: Model,
  train: ExampleSource<B>,
  options: CheckedFitOptions<B>,
): PreparedRun<B> {
  if (options.validation == null) requireNoValidation(options.callbacks);
  const checkpoint = options.resume == null ? undefined : requireResumable(options.resume, model);
  const saved = checkpoint?.progress;
  const plan = planRun(model, train, options, saved);
  const { optimizer: chosen, learningRate } = options;
  const settings =
    typeof chosen === 'string' ? { optimizer: chosen } : isSettings(chosen) ? chosen : undefined;
  const given = settings === undefined ? ((chosen ?? undefined) as Optimizer | undefined) : undefined;
  const optimizer =
    given ??
    (settings === undefined
      ? optimizerLike(model, saved?.optimizerSettings)
      : createOptimizer(model, settings));
  const held: (() => void)[] = given === undefined ? [() => optimizer.dispose()] : [];
  const release = (...errors: unknown[]) => {
    for (const giveBack of held.reverse()) {
      try {
        giveBack();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors[0];
  };
  try {
    const schedule = scheduleOf(options.schedule, optimizer, saved?.schedule, plan.lastStep);
    requireUsableOptimizer(optimizer, !schedule.isConstant || learningRate !== undefined, checkpoint);
    held.push(claim(model, optimizer, schedule.stateful, options.callbacks));
    const callbacks: Callback[] = [
      divergenceGuard(plan.isReadDue, plan.findFault),
      ...schedule.callbacks(() => run.initialRate ?? getLearningRate(optimizer)),
      ...(options.callbacks ?? []),
      optionHandlers(options),
    ];
    const learner = new Learner(model, optimizer, options.task, [
      ...options.task.metrics,
      ...(options.metrics ?? []),
    ]);
    if (checkpoint === undefined && learningRate !== undefined) setLearningRate(optimizer, learningRate);
    const run = new TrainingRun(learner, schedule, plan.identity, callbacks, options);
    held.push(() => run.dispose(), ...callbacks.map((callback) => () => callback.dispose?.()).reverse());
    if (checkpoint !== undefined) {
      const rate = learningRate ?? (given === undefined ? settings?.learningRate : rateOf(given));
      run.resume(checkpoint, resumedRate(checkpoint, rate, options.schedule));
    }
    return { run, plan, callbacks, options, release };
  } catch (error) {
    release(error);
    throw error;
  }
}

function requireNoValidation(callbacks: readonly Callback[] = []): void {
  const needing = callbacks.find(({ needsValidation }) => needsValidation);
  if (needing === undefined) return;
  throw new HarmonicError('INVALID_ARGUMENT', {
    argument: 'validation',
    value: undefined,
    problem: `${needing.name} needs validation data, and there are none.`,
    fix: 'Pass { validation } to fit.',
  });
}
