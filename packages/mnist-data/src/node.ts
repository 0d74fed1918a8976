export type { DatasetEvent, FetchOptions } from './dataset-events';
export { BackgroundAugmentation } from './node/background-augmentation';
export type { DatasetName, DatasetOrName } from './node/dataset-name';
export { defaultCache } from './node/default-cache';
export { loadIdxPair } from './node/idx-pair';
export { type DatasetStatus, type FileStatus, type InspectOptions, inspectDataset } from './node/inspect';
export {
  type DownloadOptions,
  downloadDataset,
  type LoadDatasetOptions,
  loadDataset,
} from './node/load';
export type { SearchOptions } from './node/places';
