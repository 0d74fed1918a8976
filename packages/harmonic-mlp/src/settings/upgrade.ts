import type { SettingValues } from './values';

/** Current names by those of earlier releases. */
const renamed: Record<string, string> = { lr: 'learningRate' };

/** The saved settings of a run of an earlier release, under their current names. */
export function upgradeSettings(saved: object): SettingValues {
  const settings = Object.entries(saved).map(([name, value]) => [
    Object.hasOwn(renamed, name) ? renamed[name] : name,
    value,
  ]);
  const upgraded: Record<string, unknown> = Object.fromEntries(settings);
  // Earlier releases saved its default for activations that have none, too.
  if (['relu', 'linear'].includes(String(upgraded.activation))) delete upgraded.residual;
  return upgraded;
}
