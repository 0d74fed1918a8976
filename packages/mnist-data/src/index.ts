export type { BatchCutting, BatchOptions, OrderOptions } from './batch-indices';
export { sha256, verifyChecksum } from './checksum';
export { type Batch, type ExampleArrays, LabeledDataset } from './dataset';
export type { LabeledDatasetOptions } from './dataset-options';
export type { DatasetArchive, DatasetDescription, DatasetFile, DatasetRole } from './description';
export { DeviceDataset, type ExampleTensors } from './device-dataset';
export * from './earlier-names';
export { datasetFromFiles, type FromFilesOptions, type NamedBytes, type TrainAndTest } from './from-files';
export {
  decompress,
  type Idx,
  type IdxType,
  type ParseIdxOptions,
  parseIdx,
  type ReadIdxOptions,
  readIdx,
} from './idx';
export { datasetFromIdx, type IdxPairOptions } from './idx-pair';
export { measureNormalization, type Normalization, normalizePixels } from './normalization';
export type { Bytes } from './require-array';
