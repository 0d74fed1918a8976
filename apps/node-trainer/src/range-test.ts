import type { LrRangeTestOptions, RangeTestResult, RateSuggestions } from 'harmonic-mlp';
import { modelOptions, optimizerOptions, taskOption } from 'harmonic-mlp/settings';
import { type Backend, place, release, watched } from './backends';
import type { Experiment } from './experiment';

/** How the rate rises, and when the test ends; the defaults are those of the published experiment. */
export type RangeTestOptions = Pick<
  LrRangeTestOptions,
  'start' | 'end' | 'steps' | 'smoothing' | 'divergence' | 'onStep' | 'signal'
>;

/** What each suggestion is. */
export const suggestionTexts: Readonly<Record<keyof RateSuggestions, string>> = {
  steepest: 'where the smoothed loss falls fastest',
  minimumTenth: 'a tenth of the rate where the smoothed loss is lowest',
  valley: 'halfway along the longest fall of the smoothed loss',
};

/** A learning-rate range test of the model of an experiment on its training data. */
export async function rangeTest(
  backend: Backend,
  { values, data }: Experiment,
  options: RangeTestOptions,
): Promise<RangeTestResult> {
  const model = await watched(backend, data.makeModel(modelOptions(values)));
  const train = place(backend, data.train);
  try {
    return await watched(
      backend,
      model.lrRangeTest(train, {
        ...options,
        batchSize: values.batchSize,
        seed: values.seed,
        threads: values.threads,
        task: taskOption(values),
        optimizer: optimizerOptions(values),
      }),
    );
  } finally {
    release(train);
    model.dispose();
  }
}
