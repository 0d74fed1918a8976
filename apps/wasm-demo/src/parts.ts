import type { DatasetFile } from '@harmonic-mlp/mnist-data';
import generated from '../generated/parts.json';
import type { SetName } from './sets';

/** The files that pack-data.mjs made from a set: its labels, and its images in parts. */
interface PackedSet {
  labels: DatasetFile;
  images: DatasetFile[];
}

export const packedSets: Record<SetName, PackedSet> = generated;
