import { type PresetName, presetValues } from '../presets';
import { settings } from './table';
import { applies, defaultValues, type SettingValues } from './values';

/** What each preset is. */
export const presetTexts: Readonly<Record<PresetName, string>> = {
  recommended: 'the network with periodic units that a study found best',
  published: 'the published experiment',
};

/** The names of the presets. */
export const presetNames = Object.keys(presetValues) as PresetName[];

/**
 * The values that a preset gives in place of the table's defaults, which are those of `published`. Left out is what depends on a
 * setting that is given another value: hyperparameters and periods of another activation, periods where others are given by
 * `baseFreq` or `maxFreq`, and the learning rate of another optimizer.
 *
 * @param given the values of a user, with the `task` unless it is a classification.
 */
export function presetSettings(name: PresetName, given: SettingValues = {}): SettingValues {
  if (name === 'published') return {};
  const { model, optimizer, training, labelSmoothing } = presetValues[name];
  const own: SettingValues = { ...model, ...optimizer, ...training, labelSmoothing };
  const known = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const isOther = (decisive: string) =>
    own[decisive] !== undefined && ![undefined, own[decisive]].includes(given[decisive]);
  const [others, ours] = [given, own].map(({ optimizer: kind }) =>
    defaultValues(settings, { optimizer: kind }),
  );
  const isOfOptimizer = (name: string) => isOther('optimizer') && others[name] !== ours[name];
  // Either says what the periods are.
  const isCapped = ['baseFreq', 'maxFreq'].some((name) => given[name] !== undefined);
  return Object.fromEntries(
    settings.flatMap((setting) => {
      const { name, when } = setting;
      const isOfOther =
        (when !== undefined && isOther(when.setting)) ||
        isOfOptimizer(name) ||
        (name === 'periods' && isCapped);
      const isUsed = own[name] !== undefined && !isOfOther && applies(setting, { ...own, ...known });
      return isUsed ? [[name, own[name]] as const] : [];
    }),
  );
}
