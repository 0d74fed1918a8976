export { augmentationSettings, close, type DistortedImages, leavesProcessor } from './augmentation';
export type { Dataset, Example, Part, Picture } from './dataset';
export { loadData } from './load';
export { defaultsFor } from './made-defaults';
export { presetFor, usualPreset } from './preset';
export { dataSettings } from './settings';
export {
  type DataSource,
  madeNames,
  ownFiles,
  sourceFor,
  type TrainedOn,
  taskOf,
  titleOf,
} from './source';
