export { unnamedArchitecture } from './architecture';
export {
  type Checkpoint,
  decodeModel,
  inspectModelFile,
  type ModelFileInfo,
  readCheckpoint,
} from './checkpoint';
export { damaged } from './damaged';
export { assignStored, encodeModelFile, requireAllStored } from './model-file';
export { namedSettings, numericSettings, type OptimizerSettings } from './optimizer-settings';
export type { Progress, SavedSchedule } from './progress';
export { printable, type StoredTensor } from './safetensors';
