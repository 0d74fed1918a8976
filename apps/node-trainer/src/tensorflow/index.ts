export {
  addonPath,
  findInstallation,
  flawOf,
  type Installation,
  installationIn,
  isLibrary,
  libraryFolder,
  note,
  notInstalled,
  packageNames,
  projectFolder,
  remedyFor,
  setupCommand,
  silencerPath,
  type Variant,
} from './installation';
export { loadTensorflow } from './load';
