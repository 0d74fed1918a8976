import { HarmonicError, nearestName, requireOneOf } from '@harmonic-mlp/core';
import type { PresetName } from '../presets';
import { refused } from '../refused';
import { presetNames, requireSettings, type SettingValues, settings, type Tables } from '../settings';
import type { Axes, Axis } from './axis';
import { requireAxisOf } from './axis-of-setting';
import { type PruneName, type PruningOptions, pruneNames } from './pruning';
import { type SearchName, searchNames } from './search';

/** A sweep in a file. */
export interface SweepFile {
  /** The preset beneath the settings. */
  preset?: PresetName;
  /** The settings that all trials have in common, by name. */
  settings?: SettingValues;
  /** What is varied, by the names of settings. */
  axes?: Axes;
  /** As for {@link sweep}. */
  seeds?: number | readonly number[];
  /** As for {@link sweep}. */
  search?: SearchName;
  /** As for {@link sweep}. */
  trials?: number;
  /** The seed of the search. */
  searchSeed?: number;
  /** As for {@link sweep}. */
  prune?: PruneName;
  /** As for {@link sweep}. */
  pruning?: PruningOptions;
}

const known = ['preset', 'settings', 'axes', 'seeds', 'search', 'trials', 'searchSeed', 'prune', 'pruning'];

/**
 * Checks a sweep from a YAML or JSON file, such as `{ axes: { learningRate: [0.001, 0.003], dropout: '0..0.5' }, seeds: 3 }`. An axis
 * is a list of values, a range `{ from, to, scale }`, or the text of a command line.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` for an unknown name, with the nearest known one, and for a value that a setting does
 *   not allow. Numbers such as `seeds` are checked by {@link sweep}.
 */
export function requireSweepFile(content: object, { table = settings, file }: Tables = {}): SweepFile {
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    throw new HarmonicError('INVALID_ARGUMENT', {
      argument: 'The sweep',
      value: content,
      allowed: 'an object, such as {"axes": {"learningRate": [0.001, 0.003]}, "seeds": 3}',
      file,
    });
  }
  for (const name of Object.keys(content)) {
    if (known.includes(name)) continue;
    const isSetting = table.some((setting) => setting.name === name);
    const near = nearestName(name, known);
    throw new HarmonicError('INVALID_ARGUMENT', {
      argument: name,
      problem: `A sweep has no ${JSON.stringify(name)}.`,
      fix: isSetting
        ? `Put it into "settings", or into "axes" to vary it.`
        : near === undefined
          ? `It has ${known.join(', ')}.`
          : `Did you mean "${near}"?`,
      file,
    });
  }
  const { settings: common, axes, ...others } = content as SweepFile;
  if (Object.hasOwn(common ?? {}, 'preset')) {
    throw new HarmonicError('INVALID_ARGUMENT', {
      argument: 'preset',
      problem: 'The preset of a sweep is not a setting.',
      fix: 'Put "preset" beside "settings".',
      file,
    });
  }
  const checked = inFile(file, () => {
    if (others.preset != null) requireOneOf('preset', others.preset, presetNames);
    if (others.search != null) requireOneOf('search', others.search, searchNames);
    if (others.prune != null) requireOneOf('prune', others.prune, pruneNames);
    return checkedAxes(axes ?? {}, { table, file });
  });
  const both = Object.keys(common ?? {}).find((name) => Object.hasOwn(checked, name));
  if (both !== undefined) {
    throw new HarmonicError('INVALID_ARGUMENT', {
      argument: both,
      problem: `${both} is both a setting and an axis.`,
      fix: 'Leave one of them out.',
      file,
    });
  }
  return { ...others, settings: requireSettings(common ?? {}, { table, file }), axes: checked };
}

function checkedAxes(axes: Axes, { table = settings, file }: Tables): Axes {
  if (typeof axes !== 'object' || Array.isArray(axes)) {
    throw refused('axes', axes, 'an object of lists and ranges, such as {"learningRate": [0.001, 0.003]}');
  }
  const checked = Object.entries(axes).map(([name, axis]): [string, Axis] => {
    const setting = table.find((each) => each.name === name);
    // It says which names there are.
    if (setting === undefined) requireSettings({ [name]: 0 }, { table, file });
    return [name, requireAxisOf(setting!, axis)];
  });
  return Object.fromEntries(checked);
}

function inFile<T>(file: string | undefined, check: () => T): T {
  try {
    return check();
  } catch (error) {
    throw HarmonicError.is(error) ? error.with({ file }) : error;
  }
}
