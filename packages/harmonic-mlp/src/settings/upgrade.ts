import type { SettingValues } from './values';

/** Current names by those of earlier releases. */
const renamed: Record<string, string> = { lr: 'learningRate' };

/** The saved settings of a run of an earlier release, under their current names. */
export const upgradeSettings = (saved: object): SettingValues =>
  Object.fromEntries(
    Object.entries(saved).map(([name, value]) => [
      Object.hasOwn(renamed, name) ? renamed[name] : name,
      value,
    ]),
  );
