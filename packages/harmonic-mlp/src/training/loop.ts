import { floatPrecision } from '@harmonic-mlp/freq-optimizer';
import type { EpochBatch, Examples } from '../data';
import type { EpochRecord, Evaluation, Position } from '../records';
import { type CallbackEvent, emitter, type Run } from './callback';
import type { Capture } from './captured-steps';
import { evaluateBy } from './evaluate';
import type { MetricsEvent, RunSettings } from './events';
import { now } from './now';
import { settingsOf } from './optimizer-settings';
import { Pacer } from './pacer';
import type { PreparedRun } from './prepare-run';

/** The result of a run. */
export interface FitResult<Accuracy extends number | undefined = number> extends RunSettings {
  /** One record for each finished epoch, including those before a resumed checkpoint. */
  history: EpochRecord<Accuracy>[];
  /** Whether the signal ended the run. */
  aborted: boolean;
  /** Why a callback ended the run, if one did. */
  stopped?: string;
  /** The number of optimizer steps done by this call. */
  steps: number;
  /** Whether steps were executed as a program. */
  captured: boolean;
  /** How many threads executed the last step that was a program; 1 if none was. */
  threads: number;
  /** The time of these steps in seconds, without making batches, validations, handlers, and turns of the event loop. */
  stepSeconds: number;
}

/** Trains from the position of a run to its last step, unless the signal or a callback ends it earlier. */
export async function trainingLoop<B extends Examples>({
  run,
  plan,
  callbacks,
  options,
}: PreparedRun<B>): Promise<FitResult> {
  const { signal } = options;
  const emit = emitter(callbacks, runForCallbacks());
  const pacer = new Pacer();
  const done = { steps: 0, stepSeconds: 0 };
  /** Metrics that have been read, but not yet told. */
  let untold: MetricsEvent | undefined;
  let isPaused = false;
  let toldCapture: Capture | undefined;
  let hasStarted = false;
  /** The checkpoints that handlers have asked for, awaited or not. */
  let saving: Promise<unknown> | undefined;
  /** What a pause for a checkpoint ended with. It ends the run too, even if the handler ignores it. */
  let failure: { error: unknown } | undefined;
  /** Emits an event, and waits for checkpoints that its handlers ask for; a promise only if there is something to wait for. */
  const tell: typeof emit = (event, payload) => {
    const handled = emit(event, payload);
    return handled === undefined && saving === undefined ? undefined : settle(handled);
  };
  const settle = async (handled: Promise<void> | undefined): Promise<void> => {
    await handled;
    await saving;
    if (failure !== undefined) throw failure.error;
  };
  const isHeard = (event: CallbackEvent) => callbacks.some((callback) => callback[event] != null);
  const mustStop = () => signal?.aborted || run.stopped !== undefined;
  const mustEnd = () => mustStop() || run.steps >= plan.lastStep;
  const epochIsTrained = () => run.position.step === run.position.stepsPerEpoch;
  /** Whether the signal cut an evaluation short, or a checkpoint was made just before it. */
  const isEvaluationOwed = () =>
    options.validation != null && !run.isEvaluated && plan.isEvaluationDue(run.position);
  /** An epoch ends with its validation, which the signal may have cut short. */
  const isDone = () => run.steps >= plan.lastStep && !epochIsTrained() && !isEvaluationOwed();

  if (signal?.aborted) return end(true);
  hasStarted = true;
  await tell('onStart', { ...run.position, ...settings() });
  while (!isDone() && (run.stopped === undefined || epochIsTrained())) {
    const started = now();
    if (isEvaluationOwed()) await evaluateBetweenSteps();
    for await (const batch of mustEnd() ? [] : plan.batches(run.position)) {
      await step(batch);
      if (isEvaluationOwed() && !mustStop()) await evaluateBetweenSteps();
      if (mustEnd()) break;
    }
    await pause();
    if (!epochIsTrained()) break;
    const validated = await validate();
    // A resumed run starts with this validation.
    if (validated === undefined) break;
    const record = run.endEpoch(validated.evaluation, (now() - started) / 1000);
    await tell('onEpoch', { ...record, checkpoint });
    await pacer.turn();
    if (signal?.aborted) break;
  }
  const isAborted = signal?.aborted === true && !isDone();
  if (isAborted) await tell('onAbort', { ...standing(), checkpoint });
  return end(isAborted);

  async function step(batch: EpochBatch<B>): Promise<void> {
    let begun: number;
    try {
      if (run.steps === 0 && options.resume === undefined) await warn(batch.tensors());
      // A checkpoint made now has the weights that the step begins with.
      isPaused = true;
      const before = tell('beforeStep', run.next);
      if (before !== undefined) await before;
      isPaused = false;
      begun = now();
      run.take(batch);
    } finally {
      batch.dispose();
    }
    if (plan.isReadDue(run.position)) untold = await run.readMetrics();
    done.steps += 1;
    done.stepSeconds += (now() - begun) / 1000;
    const { capture, starting } = run;
    if (starting !== undefined) await starting;
    if (toldCapture !== capture) {
      toldCapture = capture;
      await tell('onCapture', { ...run.position, ...capture! });
    }
    const after = tell('onStep', run.position);
    if (after !== undefined) await after;
    if (untold !== undefined) await tellMetrics();
    const turn = pacer.turn();
    if (turn !== undefined) await turn;
  }

  async function warn({ inputs }: B): Promise<void> {
    for (const concern of (await run.model.findConcerns?.(inputs)) ?? []) {
      if (isHeard('onWarning')) await tell('onWarning', { ...run.next, ...concern });
      else console.warn(concern.message);
    }
  }

  async function tellMetrics(): Promise<void> {
    const metrics = untold ?? (await run.readMetrics());
    untold = undefined;
    if (metrics !== undefined) await emit('onMetrics', metrics);
  }

  /** Once after each step at most: a checkpoint in an event may have come first. */
  async function pause(): Promise<void> {
    await tellMetrics();
    if (isPaused) return;
    isPaused = true;
    await emit('onPause', run.position);
  }

  async function evaluateBetweenSteps(): Promise<void> {
    await pause();
    await validate();
  }

  /** Evaluates the validation data, if there are any; undefined if the signal ended the evaluation. */
  async function validate(): Promise<{ evaluation?: Evaluation } | undefined> {
    const { validation, metrics, task } = options;
    if (validation == null) return {};
    let evaluation: Evaluation;
    try {
      evaluation = (await evaluateBy(run.computation, run.model, validation, {
        batchSize: Math.max(256, plan.identity.batchSize),
        metrics,
        signal,
        task,
      })) as Evaluation;
    } catch (error) {
      if (!signal?.aborted) throw error;
      return undefined;
    }
    // A checkpoint made in onEvaluate at the end of an epoch: only its record still needs the evaluation.
    const isRepeated = run.isEvaluated;
    run.isEvaluated = true;
    if (!isRepeated) await tell('onEvaluate', { ...run.position, validation: evaluation });
    return { evaluation };
  }

  function checkpoint(metadata?: Record<string, string>): ReturnType<Run['checkpoint']> {
    const paused = pause().catch((error: unknown) => {
      failure = { error };
      throw error;
    });
    const file = paused.then(() => run.checkpoint(metadata));
    saving = Promise.allSettled([saving, file]);
    return file;
  }

  function runForCallbacks(): Run {
    return {
      model: run.model,
      optimizer: run.optimizer,
      history: run.history,
      get position() {
        return run.position;
      },
      stop: (reason) => run.stop(reason),
      checkpoint,
    };
  }

  async function end(aborted: boolean): Promise<FitResult> {
    const { history, stopped } = run;
    const captured = run.capture?.captured === true;
    const { threads } = run;
    const result = { history, aborted, captured, threads, ...(stopped !== undefined && { stopped }) };
    if (hasStarted) await tell('onEnd', { ...standing(), ...result, checkpoint });
    return { ...result, ...done, ...settings() };
  }

  /** The position of the run; between two epochs, the end of the first rather than the start of the second. */
  function standing(): Position {
    const { epoch, step, stepsPerEpoch } = run.position;
    const isBetween = step === 0 && epoch > 1;
    return { ...run.position, ...(isBetween && { epoch: epoch - 1, step: stepsPerEpoch }) };
  }

  function settings(): RunSettings {
    return { optimizer: settingsOf(run.optimizer), floatPrecision: floatPrecision() };
  }
}
