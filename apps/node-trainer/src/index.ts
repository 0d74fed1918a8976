// What other programs in this repository build on.
export { type Finding, tryBackend } from './backends';
export { childEnvironment } from './child-process';
export { hasCode, TrainerError } from './errors';
export { codeOf, makeFolder, reason, renamePatiently } from './file-system';
export { tensorflowFolder } from './folders';
export { addHelpNote } from './help';
export { abortOnInterrupt } from './interruption';
export { errors, output } from './output';
export { run } from './program';
export {
  type Damage,
  type EpochScore,
  findRuns,
  folderOfRun,
  type Run,
  type RunConfig,
  type RunEvent,
  type RunFile,
  type RunState,
  readRun,
} from './runs';
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
