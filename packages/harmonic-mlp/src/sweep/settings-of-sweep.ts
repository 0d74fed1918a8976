import { applies, type Setting, type SettingValues } from '../settings';
import type { Applies } from './axis';

/**
 * Whether an axis applies to a configuration, by the table of settings: a setting of a schedule only with that schedule.
 *
 * @param base the values of the settings that are not varied, the task among them.
 */
export const appliesBy =
  (table: readonly Setting[], base: SettingValues): Applies =>
  (axis, values) => {
    const setting = table.find(({ name }) => name === axis);
    return setting === undefined || applies(setting, { ...base, ...values }, table);
  };
