import { requireNumber } from '@harmonic-mlp/core';
import type { Command } from 'commander';
import { type Setting, type SettingValues, settings } from 'harmonic-mlp/settings';
import { type Axes, axisOf, requireSweepFile, type SweepFile } from 'harmonic-mlp/sweep';
import { TrainerError } from '../errors';
import { givenOnCommandLine } from '../options';
import { runSettings, settingOf } from '../run-settings';
import { readSettingsFile } from '../settings-file';

/** Whether a sweep can have several values of a setting: those of the data and the backend are the same for all its trials. */
export const isAxis = (setting: Setting): boolean =>
  (settings.includes(setting) || setting.group === 'augmentation') && setting.name !== 'seed';

/** Whether a value of a setting may itself have commas in it. */
const isList = ({ type: { kind } }: Setting) => kind === 'list' || kind === 'perLayer' || kind === 'text';

/** What a command line gives: settings with one value, and axes with several. */
export function givenAxes(command: Command): { settings: SettingValues; axes: Axes } {
  const texts = givenOnCommandLine(command, runSettings.filter(isAxis));
  const single = givenOnCommandLine(
    command,
    runSettings.filter((setting) => !isAxis(setting)),
  );
  const axes: Record<string, Axes[string]> = {};
  const values: Record<string, unknown> = { ...single };
  for (const setting of runSettings.filter(isAxis)) {
    const given = texts[setting.name];
    if (given === undefined) continue;
    // `--no-…` gives false.
    const all = given === false ? ['no'] : (given as string[]);
    if (all.length > 1 && !isList(setting)) {
      const argument = `--${setting.flag}`;
      const problem = `${argument} is given twice.`;
      const fix = `Separate its values by commas: ${argument} ${all.join(',')}`;
      throw new TrainerError('INVALID_ARGUMENT', { argument, problem, fix });
    }
    const axis = axisOf(setting, all);
    if (Array.isArray(axis) && axis.length === 1) values[setting.name] = axis[0];
    else axes[setting.name] = axis;
  }
  return { settings: values, axes };
}

/**
 * The sweep in a file, in YAML or JSON.
 *
 * @throws {TrainerError} `UNREADABLE` when it cannot be read, `INVALID_DATA` when it is neither.
 */
export async function readSweepFile(file: string): Promise<SweepFile> {
  const content = await readSettingsFile(file, 'sweep');
  const sweep = requireSweepFile(content as object, { table: runSettings, file });
  const seeds = 'seed' in { ...sweep.settings, ...sweep.axes };
  const other = Object.keys(sweep.axes ?? {}).find((name) => !isAxis(settingOf(name)));
  if (!seeds && other === undefined) return sweep;
  throw new TrainerError('INVALID_ARGUMENT', {
    argument: JSON.stringify(seeds ? 'seed' : other),
    problem: seeds
      ? 'The seeds of a sweep are not a setting.'
      : `${other} cannot be varied: it is the same for all trials of a sweep.`,
    fix: seeds ? 'Give "seeds", a number or a list.' : 'Put it into "settings".',
    file,
  });
}

/** The seeds that `--seeds` gives: a number of them, from 0, or a list with commas. */
export function parseSeeds(text: string): number[] {
  const numbers = text.split(',').map((part) => {
    const value = /^\d+$/.test(part.trim()) ? Number(part) : part;
    return requireNumber('--seeds', value, { integer: true, min: 0 });
  });
  if (numbers.length > 1) {
    if (new Set(numbers).size === numbers.length) return numbers;
    const fix = 'Give each once.';
    throw new TrainerError('INVALID_ARGUMENT', {
      argument: '--seeds',
      problem: 'A seed is given twice.',
      fix,
    });
  }
  const [count] = numbers;
  requireNumber('--seeds', count, { integer: true, min: 1, max: 1000 });
  return Array.from({ length: count }, (_, i) => i);
}
