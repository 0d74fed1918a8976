import { type KnownOptions, requireNumber } from '@harmonic-mlp/core';

/** How images are distorted; what is left out is not done. */
export interface AugmentationOptions {
  /** The largest shift in each direction, in pixels. Default 0. */
  shift?: number;
  /** The largest angle of a rotation about the center, in degrees, up to 180. Default 0. */
  rotation?: number;
  /**
   * The largest change of the height, and by itself of the width, as a fraction: 0.1 for 90% to 110%. At least 0, less than 1.
   * Default 0.
   */
  scale?: number;
  /** The standard deviation of the pixels' elastic displacements in each direction, in pixels. Default 0. */
  elastic?: number;
  /** How far elastic displacements are alike: the standard deviation σ of the Gaussian that smooths them, in pixels. Default 4. */
  smoothness?: number;
}

export const augmentationOptions: KnownOptions<AugmentationOptions> = {
  shift: true,
  rotation: true,
  scale: true,
  elastic: true,
  smoothness: true,
};

/** Checks the options, and fills in the defaults. */
export function requireAugmentation(options: AugmentationOptions): Required<AugmentationOptions> {
  const { shift = 0, rotation = 0, scale = 0, elastic = 0, smoothness = 4 } = options;
  requireNumber('shift', shift, { min: 0 });
  requireNumber('rotation', rotation, { min: 0, max: 180 });
  requireNumber('scale', scale, { min: 0, below: 1 });
  requireNumber('elastic', elastic, { min: 0 });
  requireNumber('smoothness', smoothness, { min: 1 });
  return { shift, rotation, scale, elastic, smoothness };
}
