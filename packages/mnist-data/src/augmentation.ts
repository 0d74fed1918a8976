export { AugmentedDataset, type AugmentedDatasetOptions } from './augmentation/augmented-dataset';
export type { AugmentationOptions } from './augmentation/options';
