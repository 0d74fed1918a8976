import type { ExampleSource, Examples } from '../data';
import { type Model, requireModel } from '../model';
import type { AccuracyOf } from '../tasks';
import { type FitOptions, requireFitOptions } from './fit-options';
import { type FitResult, trainingLoop } from './loop';
import { prepareRun } from './prepare-run';

/** Trains any model; see {@link HarmonicMLP.fit}. */
export async function fit<B extends Examples>(
  model: Model,
  train: ExampleSource<B>,
  options?: FitOptions<B>,
): Promise<FitResult<AccuracyOf<B>>> {
  requireModel(model);
  const prepared = prepareRun(model, train, requireFitOptions(model, train, options));
  let result: FitResult;
  try {
    if (options?.resume == null) await model.prepare?.(train);
    if (!options?.signal?.aborted) await prepared.run.start();
    result = await trainingLoop(prepared);
  } catch (error) {
    const reason = prepared.run.reasonOf(error);
    prepared.release(reason);
    throw reason;
  }
  prepared.release();
  return result as FitResult<AccuracyOf<B>>;
}
