export type { SettingType } from '../setting';
export { requireSetting } from '../setting';
export { presetNames, presetSettings, presetTexts } from './preset';
export type { Setting } from './setting';
export { choiceTitle, settings } from './table';
export { formatSetting, parseSetting } from './text';
export { upgradeSettings } from './upgrade';
export {
  applies,
  defaultValues,
  modelOptions,
  modelValues,
  optimizerOptions,
  requireApplicable,
  requireSettings,
  type SettingValues,
  scheduleOption,
  type Tables,
  taskOption,
} from './values';
