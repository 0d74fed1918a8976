// What other programs in this repository build on.
export { type Finding, tryBackend, withBackend } from './backends';
export { childEnvironment } from './child-process';
export { repositoryCommand } from './command-line';
export { type Dataset, sourceFor, titleOf } from './data';
export { hasCode, TrainerError } from './errors';
export { codeOf, makeFolder, NotReplaced, reason, renamePatiently, writeWhole } from './file-system';
export { lockFolder } from './folder-lock';
export { tensorflowFolder } from './folders';
export { addHelpNote } from './help';
export { abortOnInterrupt } from './interruption';
export { loadDataFor, loadModel } from './load-model';
export { jsonHelp, path, settingWords } from './options';
export { errors, output, printJson } from './output';
export { run } from './program';
export { besideRun, runFiles } from './run-folder';
export { shown } from './run-recorder';
export { override, runSettings } from './run-settings';
export {
  type Damage,
  differingSettings,
  differingSetup,
  type EpochScore,
  findRuns,
  folderOfRun,
  isRun,
  type Run,
  type RunConfig,
  type RunEvent,
  type RunFile,
  type RunState,
  readRun,
  setupOf,
  valueText,
} from './runs';
export { type AnyRecord, type Measure, type Scoring, scoreOf, scoringOf } from './scoring';
export { Ledger, readLedger, settingsToTrain, sweepFiles, type TrialResult, trainInProcess } from './sweep';
export { printFacts } from './table';
export {
  addonPath,
  flawOf,
  type Installation,
  installationIn,
  libraryFolder,
  note,
  packageNames,
  projectFolder,
  silencerPath,
  type Variant,
} from './tensorflow';
export { decisiveSettings, trainCommand } from './train-command';
export { version } from './version';
export { withSpaces } from './wrapped';
