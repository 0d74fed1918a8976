import { floatPrecision } from '@harmonic-mlp/freq-optimizer';
import { disposeBatch, type Examples } from '../data';
import type { EpochRecord, Evaluation, Position } from '../records';
import { emitter } from './callback';
import { evaluate } from './evaluate';
import type { Checkpointer, RunSettings } from './events';
import { now } from './now';
import { settingsOf } from './optimizer-settings';
import { Pacer } from './pacer';
import type { PreparedRun } from './prepare-run';

/** What a run gave. */
export interface FitResult<Accuracy extends number | undefined = number> extends RunSettings {
  /** One record for each finished epoch, those before a resumed checkpoint included. */
  history: EpochRecord<Accuracy>[];
  /** Whether the signal ended the run. */
  aborted: boolean;
  /** Why a callback ended the run, if one did. */
  stopped?: string;
  /** The optimizer steps done by this call. */
  steps: number;
  /** The time that those steps took, without the making of batches, validations, handlers and the event loop's turns. */
  stepSeconds: number;
}

/** Trains from where a run stands to its last step, unless the signal or a callback ends it before. */
export async function trainingLoop<B extends Examples>({
  run,
  plan,
  callbacks,
  options,
}: PreparedRun<B>): Promise<FitResult> {
  const { signal } = options;
  const { beforeStep, emit } = emitter(callbacks, run);
  const pacer = new Pacer();
  const done = { steps: 0, stepSeconds: 0 };
  const epochsBefore = run.history.length;
  const mustStop = () => signal?.aborted || run.stopped !== undefined;
  const epochIsTrained = () => run.position.step === run.position.stepsPerEpoch;
  /** An epoch ends with its validation, which the signal may have ended before. */
  const isDone = () => run.steps >= plan.lastStep && !epochIsTrained();

  if (signal?.aborted) return end(true);
  await emit('onStart', { ...run.position, ...settings() });
  while (!isDone() && run.stopped === undefined) {
    const started = now();
    for await (const batch of plan.batches(run.position)) {
      await step(batch);
      if (mustStop() || run.steps === plan.lastStep) break;
      if (!plan.isEvaluationDue(run.position)) continue;
      await pause();
      if ((await validate()) === undefined || mustStop()) break;
    }
    await pause();
    if (!epochIsTrained()) break;
    const validated = await validate();
    // A resumed run begins with this validation.
    if (validated === undefined) break;
    const record = run.endEpoch(validated.evaluation, (now() - started) / 1000);
    await emit('onEpoch', { ...record, checkpoint });
    await pacer.turn();
    if (signal?.aborted) break;
  }
  const isAborted = signal?.aborted === true && !isDone();
  if (isAborted) await emit('onAbort', { ...standing(), checkpoint });
  return end(isAborted);

  async function step(batch: B): Promise<void> {
    const begun = now();
    beforeStep(run.next);
    try {
      run.update(run.gradients(batch));
    } finally {
      disposeBatch(batch);
    }
    const metrics = plan.isReadDue(run.position) ? await run.readMetrics() : undefined;
    done.steps += 1;
    done.stepSeconds += (now() - begun) / 1000;
    await emit('onStep', run.position);
    if (metrics !== undefined) await emit('onMetrics', metrics);
    await pacer.turn();
  }

  async function readMetrics(): Promise<void> {
    const metrics = await run.readMetrics();
    if (metrics !== undefined) await emit('onMetrics', metrics);
  }

  async function pause(): Promise<void> {
    await readMetrics();
    await emit('onPause', run.position);
  }

  /** Evaluates the validation data, if there are any; undefined where the signal ended it. */
  async function validate(): Promise<{ evaluation?: Evaluation } | undefined> {
    const { validation, metrics, task } = options;
    if (validation == null) return {};
    try {
      const evaluation = (await evaluate(run.model, validation, {
        batchSize: Math.max(256, plan.identity.batchSize),
        metrics,
        signal,
        task,
      })) as Evaluation;
      await emit('onEvaluate', { ...run.position, validation: evaluation });
      return { evaluation };
    } catch (error) {
      if (!signal?.aborted) throw error;
      return undefined;
    }
  }

  async function checkpoint(metadata?: Record<string, string>): ReturnType<Checkpointer['checkpoint']> {
    await readMetrics();
    return run.checkpoint(metadata);
  }

  async function end(aborted: boolean): Promise<FitResult> {
    const { history, stopped } = run;
    const result = { history, aborted, ...(stopped !== undefined && { stopped }) };
    if (done.steps > 0 || history.length > epochsBefore)
      await emit('onEnd', { ...standing(), ...result, checkpoint });
    return { ...result, ...done, ...settings() };
  }

  /** Where the run stands; at the end of an epoch, there rather than at the beginning of the next one. */
  function standing(): Position {
    const { epoch, step, stepsPerEpoch } = run.position;
    const isBetween = step === 0 && epoch > 1;
    return { ...run.position, ...(isBetween && { epoch: epoch - 1, step: stepsPerEpoch }) };
  }

  function settings(): RunSettings {
    return { optimizer: settingsOf(run.optimizer), floatPrecision: floatPrecision() };
  }
}
