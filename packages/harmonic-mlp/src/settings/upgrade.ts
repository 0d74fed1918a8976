import type { SettingValues } from './values';

/** What a name of earlier releases is called now. */
const renamed: Record<string, string> = { lr: 'learningRate' };

/** The settings that a run of an earlier release kept, as this one has them: under their names of today. */
export const upgradeSettings = (saved: object): SettingValues =>
  Object.fromEntries(
    Object.entries(saved).map(([name, value]) => [
      Object.hasOwn(renamed, name) ? renamed[name] : name,
      value,
    ]),
  );
