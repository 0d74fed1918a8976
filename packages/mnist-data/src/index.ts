export type { BatchCutting, BatchOptions } from './batch-indices';
export { sha256, verifyChecksum } from './checksum';
export { type Batch, LabelledDataset, type LabelledDatasetOptions } from './dataset';
export type { DatasetArchive, DatasetDescription, DatasetFile, DatasetRole } from './description';
export { DeviceDataset } from './device-dataset';
export { datasetFromFiles, type FromFilesOptions, type NamedBytes, type TrainAndTest } from './from-files';
export { decompress, type Idx, type IdxType, parseIdx, readIdx } from './idx';
export { datasetFromIdx, type IdxPairOptions } from './idx-pair';
export { measureNormalisation, type Normalisation, normalisePixels } from './normalisation';
