import { foldIn, HarmonicError, randomKey } from '@harmonic-mlp/core';
import {
  floatPrecision,
  getLearningRate,
  isSavable,
  makeOptimizer,
  requireEpsilon,
  setLearningRate,
} from '@harmonic-mlp/freq-optimizer';
import type { Optimizer } from '@tensorflow/tfjs-core';
import {
  type BatchRequest,
  disposeBatch,
  type ExampleSource,
  type Examples,
  epochBatches,
  findUnusableData,
  stepsPerEpoch,
} from '../data';
import type { Model } from '../model';
import type { EpochRecord, Evaluation, Position } from '../records';
import { emitter } from './callback';
import { divergenceGuard } from './callbacks';
import { evaluate } from './evaluate';
import type { Checkpointer, RunSettings } from './events';
import { type FitOptions, optionHandlers, requireFitOptions } from './fit-options';
import { claim } from './in-use';
import { Learner } from './learner';
import { now } from './now';
import { optimizerLike, rateOf, settingsOf } from './optimizer-settings';
import { Pacer } from './pacer';
import { type ResumableCheckpoint, requireResumable, requireSameRun } from './resume';
import { TrainingRun } from './run';
import { type ScheduleOption, scheduleOf } from './schedule';
import { trainingSettings as defaults } from './training-settings';

/** What a run gave. */
export interface FitResult extends RunSettings {
  /** One record for each finished epoch, those before a resumed checkpoint included. */
  history: EpochRecord[];
  /** Whether the signal ended the run. */
  aborted: boolean;
  /** Why a callback ended the run, if one did. */
  stopped?: string;
  /** The optimizer steps done by this call. */
  steps: number;
  /** The time that those steps took, without the making of batches, validations, handlers and the event loop's turns. */
  stepSeconds: number;
}

/** Trains any model; see {@link HarmonicMLP.fit}. */
export async function fit<B extends Examples>(
  model: Model,
  train: ExampleSource<B>,
  fitOptions?: FitOptions<B>,
): Promise<FitResult> {
  model.requireAlive();
  const options = requireFitOptions(model, train, fitOptions);
  const {
    task,
    readEvery = defaults.readEvery.default,
    validation,
    evaluateEvery,
    metrics = [],
    signal,
  } = options;
  const checkpoint = options.resume == null ? undefined : requireResumable(options.resume, model);
  const saved = checkpoint?.progress;
  const { batchSize = saved?.batchSize ?? defaults.batchSize.default } = options;
  const { dropLast = saved?.dropLast ?? defaults.dropLast.default } = options;
  const { seed = saved?.seed ?? model.seed } = options;
  const cutting = { batchSize, dropLast, smallestBatch: model.smallestBatch };
  const epochSteps = stepsPerEpoch(train, cutting);
  const identity = { seed, batchSize, dropLast, size: train.size, stepsPerEpoch: epochSteps };
  if (saved !== undefined) requireSameRun(saved, identity);
  const {
    epochs = options.steps === undefined ? defaults.epochs.default : Infinity,
    steps: mostSteps = Infinity,
  } = options;
  const lastStep = Math.min(epochs * epochSteps, mostSteps);

  const requestFor = (epoch: number, start: number): BatchRequest & { start: number } => {
    const shuffle = foldIn(foldIn(randomKey(seed), 'shuffle'), epoch);
    return { batchSize, shuffle, start, epoch, signal };
  };
  const findFault = (epoch: number, first: number, last: number) => {
    const request = requestFor(epoch, first - 1);
    return findUnusableData(train, epochBatches(train, request, cutting, task), {
      request,
      count: last - first + 1,
      findTarget: (batch) => task.findUnusable(batch, model.outputSize),
      nameOf: (batch) => `the batch of step ${batch + 1} of epoch ${epoch}`,
    });
  };
  const stepsDone = ({ epoch, step }: Position) => (epoch - 1) * epochSteps + step;
  const isReadDue = (at: Position) =>
    at.step % readEvery === 0 || at.step === epochSteps || stepsDone(at) === lastStep;

  const chosen = options.optimizer;
  const given = typeof chosen === 'string' ? undefined : (chosen ?? undefined);
  const optimizer =
    given ??
    (typeof chosen === 'string'
      ? makeOptimizer(chosen, {}, model.harmonicLayers)
      : optimizerLike(model, saved?.optimizerSettings));
  let run: TrainingRun<B> | undefined;
  let release: (() => void) | undefined;
  try {
    const schedule = scheduleOf(options.schedule, optimizer, saved?.schedule, lastStep);
    requireUsable(optimizer, schedule.schedule !== null || options.learningRate !== undefined, checkpoint);
    release = claim(model, optimizer, schedule.schedule);
    const callbacks = [
      divergenceGuard(isReadDue, findFault),
      ...schedule.callbacks(() => run?.initialRate ?? getLearningRate(optimizer)),
      ...(options.callbacks ?? []),
      optionHandlers(options),
    ];
    const learner = new Learner(model, optimizer, task, [...task.metrics, ...metrics]);
    if (checkpoint === undefined && options.learningRate !== undefined)
      setLearningRate(optimizer, options.learningRate);
    run = new TrainingRun(learner, schedule, identity, callbacks);
    if (checkpoint !== undefined) run.resume(checkpoint, rateToGoOnWith(checkpoint));
    return await loop(run, emitter(callbacks, run));
  } finally {
    run?.dispose();
    release?.();
    if (given === undefined) optimizer.dispose();
  }

  /** The rate that the caller gives, where it is another than the one that the checkpoint's run was started with. */
  function rateToGoOnWith({ progress }: ResumableCheckpoint): number | undefined {
    const rate = options.learningRate ?? (given === undefined ? undefined : rateOf(optimizer));
    const { initialLearningRate, learningRate: current } = progress;
    const started = initialLearningRate ?? current;
    if (rate !== undefined && rate !== started) return rate;
    // The rate at a step of a curve is not one to stay at.
    const leavesCurve = progress.schedule?.steps !== undefined && isConstant(options.schedule);
    return leavesCurve ? started : undefined;
  }

  async function loop(
    run: TrainingRun<B>,
    { beforeStep, emit }: ReturnType<typeof emitter>,
  ): Promise<FitResult> {
    const pacer = new Pacer();
    const done = { steps: 0, stepSeconds: 0 };
    const checkpoint: Checkpointer['checkpoint'] = async (metadata) => {
      await readLosses();
      return run.checkpoint(metadata);
    };
    const settings = (): RunSettings => ({
      optimizer: settingsOf(optimizer),
      floatPrecision: floatPrecision(),
    });
    const mustStop = () => signal?.aborted || run.stopped !== undefined;

    if (signal?.aborted) return finish(true);
    await emit('onStart', { ...run.position, ...settings() });
    while (run.steps < lastStep && run.stopped === undefined) {
      const started = now();
      for await (const batch of epochBatches(
        train,
        requestFor(run.position.epoch, run.position.step),
        cutting,
        task,
      )) {
        const begun = now();
        beforeStep(run.next);
        try {
          run.train(batch);
        } finally {
          disposeBatch(batch);
        }
        const losses = isReadDue(run.position) ? await run.readMetrics() : undefined;
        done.steps += 1;
        done.stepSeconds += (now() - begun) / 1000;
        await emit('onStep', run.position);
        if (losses !== undefined) await emit('onMetrics', losses);
        await pacer.turn();
        if (mustStop() || run.steps === lastStep) break;
        if (
          evaluateEvery !== undefined &&
          run.steps % evaluateEvery === 0 &&
          run.position.step < epochSteps
        ) {
          await readLosses();
          await emit('onPause', run.position);
          if ((await validate()) === undefined) break;
        }
        if (mustStop()) break;
      }
      const { step } = run.position;
      const isCut = mustStop() || run.steps === lastStep;
      if (step !== epochSteps && !isCut) {
        throw new HarmonicError(
          'INVALID_DATA',
          `The data set gave ${step} batches, but ${train.size} examples in batches of ${batchSize} make ${epochSteps}.`,
        );
      }
      await readLosses();
      await emit('onPause', run.position);
      if (step !== epochSteps) break;
      const validated = await validate();
      // The epoch has not ended: a resumed run begins with its validation.
      if (validated === undefined) break;
      const record = run.endEpoch(validated.evaluation, (now() - started) / 1000);
      await emit('onEpoch', { ...record, checkpoint });
      await pacer.turn();
      if (signal?.aborted) break;
    }
    if (signal?.aborted && run.steps < lastStep) {
      await emit('onAbort', { ...at(), checkpoint });
      return finish(true);
    }
    return finish(false);

    /** Where the run stands; at the end of an epoch, there rather than at the beginning of the next one. */
    function at(): Position {
      const { epoch, step } = run.position;
      const isBetween = step === 0 && epoch > 1;
      return { ...run.position, ...(isBetween && { epoch: epoch - 1, step: epochSteps }) };
    }

    async function readLosses(): Promise<void> {
      const losses = await run.readMetrics();
      if (losses !== undefined) await emit('onMetrics', losses);
    }

    /** Evaluates the validation data, if there are any; undefined where the signal ended it. */
    async function validate(): Promise<{ evaluation?: Evaluation } | undefined> {
      if (validation == null) return {};
      try {
        const size = Math.max(256, batchSize);
        const evaluation = await evaluate(model, validation, { batchSize: size, metrics, signal, task });
        await emit('onEvaluate', { ...run.position, validation: evaluation });
        return { evaluation };
      } catch (error) {
        if (!signal?.aborted) throw error;
        return undefined;
      }
    }

    async function finish(aborted: boolean): Promise<FitResult> {
      const { history, stopped } = run;
      const result = { history, aborted, ...(stopped !== undefined && { stopped }) };
      if (done.steps > 0) await emit('onEnd', { ...at(), ...result, checkpoint });
      return { ...result, ...done, ...settings() };
    }
  }
}

const isConstant = (schedule: ScheduleOption | undefined) => schedule === null || schedule === 'constant';

/**
 * Checks what a run will need of its optimizer, before the first step needs it.
 *
 * @throws {HarmonicError} `UNSUPPORTED` when there is a schedule, but no rate to read and set, or a run to resume, but no
 *   state to load; `INVALID_ARGUMENT` for an ε that the backend's floats lose.
 */
function requireUsable(
  optimizer: Optimizer,
  needsRate: boolean,
  checkpoint: ResumableCheckpoint | undefined,
): void {
  const { epsilon } = settingsOf(optimizer);
  if (epsilon !== undefined) requireEpsilon(epsilon);
  if (needsRate) requireRate(optimizer);
  if (checkpoint !== undefined && !isSavable(optimizer)) {
    throw new HarmonicError('UNSUPPORTED', {
      argument: 'optimizer',
      value: optimizer,
      problem: `A run cannot be resumed with ${optimizer.getClassName()}: it cannot load the state of a checkpoint.`,
      fix: 'Use Adam of @harmonic-mlp/freq-optimizer, or leave out resume and begin anew from HarmonicMLP.fromBytes.',
    });
  }
}

function requireRate(optimizer: Optimizer): void {
  try {
    setLearningRate(optimizer, getLearningRate(optimizer));
  } catch (cause) {
    throw new HarmonicError(
      'UNSUPPORTED',
      {
        argument: 'optimizer',
        value: optimizer,
        problem: `${(cause as Error).message} A schedule changes the rate: give another optimizer, or schedule: null.`,
      },
      { cause },
    );
  }
}
