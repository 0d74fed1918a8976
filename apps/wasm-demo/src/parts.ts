import type { DatasetFile } from '@harmonic-mlp/mnist-data';
import generated from '../generated/parts.json';

export type SetName = 'train' | 'test';

/** The files that pack-data.mjs made from a set: its labels, and its images in parts. */
interface PackedSet {
  labels: DatasetFile;
  images: DatasetFile[];
}

/** A checksum of the training set, by which a run recognizes its data. */
export const fingerprint: string = generated.fingerprint;

export const packedSets: Record<SetName, PackedSet> = generated;

/** The number of examples of a set. */
export const sizeOf = (set: SetName): number => packedSets[set].labels.shape[0];

/** The number of images in each file except the last. */
export const imagesPerPart: number = packedSets.train.images[0].shape[0];
