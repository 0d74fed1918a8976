import { LabeledDataset } from './dataset';
import type { LabeledDatasetOptions } from './dataset-options';
import { measureNormalization, type Normalization, normalizePixels } from './normalization';

/** @deprecated Use {@link LabeledDataset}. */
export const LabelledDataset = LabeledDataset;
/** @deprecated Use {@link LabeledDataset}. */
export type LabelledDataset = LabeledDataset;
/** @deprecated Use {@link LabeledDatasetOptions}. */
export type LabelledDatasetOptions = LabeledDatasetOptions;
/** @deprecated Use {@link Normalization}, whose standard deviation is `std`. */
export type Normalisation = Normalization;
/** @deprecated Use {@link measureNormalization}. */
export const measureNormalisation = measureNormalization;
/** @deprecated Use {@link normalizePixels}. */
export const normalisePixels = normalizePixels;
