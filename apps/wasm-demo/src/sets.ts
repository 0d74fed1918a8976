import generated from '../generated/sets.json';

export type SetName = 'train' | 'test';

/** A checksum of the training set, by which a run recognizes its data. */
export const fingerprint: string = generated.fingerprint;

/** The number of examples of a set. */
export const sizeOf = (set: SetName): number => generated.sizes[set];

/** The number of images in each file except the last. */
export const imagesPerPart: number = generated.imagesPerPart;
