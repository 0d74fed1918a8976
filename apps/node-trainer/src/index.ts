// What other programs of this repository build on.
export { type Finding, tryBackend } from './backends';
export { childEnvironment } from './child-process';
export { Interrupted } from './exit-code';
export { codeOf, makeFolder, reason, renamePatiently } from './file-system';
export { tensorflowFolder } from './folders';
export { abortOnInterrupt } from './interruption';
export { errors, output } from './output';
export { run } from './program';
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
