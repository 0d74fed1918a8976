import { type ExampleValues, HarmonicMLP, type HarmonicMLPOptions } from 'harmonic-mlp';

/** The variance of targets, with which an error becomes a fraction of them. */
export function varianceOf({ targets }: ExampleValues): number {
  const all = Array.from(targets as ArrayLike<number>);
  const mean = all.reduce((total, value) => total + value, 0) / all.length;
  return all.reduce((total, value) => total + (value - mean) ** 2, 0) / all.length;
}

/** The options of the model that {@link HarmonicMLP.forData} makes, of a regression unless they say otherwise. */
export async function proposedFor(
  data: ExampleValues,
  options: HarmonicMLPOptions,
): Promise<HarmonicMLPOptions> {
  const model = await HarmonicMLP.forData(data, { task: 'regression', ...options });
  const { periods, standardizeInputs } = model.config;
  model.dispose();
  return { ...options, periods, standardizeInputs };
}
