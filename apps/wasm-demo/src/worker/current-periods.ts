import { tidy } from '@tensorflow/tfjs-core';
import type { DenseLayer } from 'harmonic-mlp';

/** The current period of each column of a layer, 0 for one that has none; undefined if units have none. */
export function currentPeriods(layer: DenseLayer): Float32Array | undefined {
  const { currentPeriods: trained, periods } = layer;
  return trained === undefined ? periods : tidy(() => trained().dataSync<'float32'>());
}
