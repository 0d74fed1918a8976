export { sha256, verifyChecksum } from './checksum';
export {
  type Batch,
  type BatchCutting,
  type BatchOptions,
  LabelledDataset,
  type LabelledDatasetOptions,
} from './dataset';
export { decompress, type Idx, parseIdx, readIdx } from './idx';
export { type MnistFile, type MnistOptions, mnist, mnistFromFiles, type TrainAndTest } from './mnist';
export { type Normalisation, normalisePixels } from './normalisation';
