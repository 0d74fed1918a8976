export { type FoundRuns, findRuns, folderOfRun, isEarlier } from './find-runs';
export { metricsTable } from './metrics-table';
export { isRun, readRun } from './read-run';
export { removeRun } from './remove-run';
export type { Damage, EpochScore, Run, RunConfig, RunEvent, RunFile, RunState } from './run';
export {
  changedSettings,
  type Difference,
  differingSettings,
  differingSetup,
  modelText,
  setupOf,
  valueText,
} from './settings-of-runs';
