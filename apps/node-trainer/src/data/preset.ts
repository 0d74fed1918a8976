import type { PresetName } from 'harmonic-mlp';
import { defaultValues, presetSettings, type SettingValues } from 'harmonic-mlp/settings';
import { defaultsFor } from './made-defaults';
import { madeDatasetOf, taskOf } from './source';

/** The preset for a data set, unless another is asked for; undefined for data made by a formula, which have defaults of their own. */
export const usualPreset = (dataset: string): PresetName | undefined =>
  madeDatasetOf(dataset) === undefined ? 'recommended' : undefined;

/**
 * The values that a preset gives for a data set, in place of its defaults.
 *
 * @param given those of a user.
 */
export function presetFor(
  dataset: string,
  preset: PresetName | undefined,
  given: SettingValues,
): SettingValues {
  if (preset === undefined) return {};
  // Other data have published defaults.
  const published = defaultValues(undefined, given);
  const ofMade = Object.keys(defaultsFor(dataset, given)).map((name) => [name, published[name]]);
  return { ...Object.fromEntries(ofMade), ...presetSettings(preset, { ...given, task: taskOf(dataset) }) };
}
