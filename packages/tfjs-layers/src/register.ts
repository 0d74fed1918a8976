import { Adam } from '@harmonic-mlp/freq-optimizer';
import { serialization } from '@tensorflow/tfjs-core';
import { LayersFrequencyAwareOptimizer } from './frequency-aware';
import { HarmonicDense } from './harmonic-dense';

/**
 * Registers the classes of this package with tfjs, so that `tf.loadLayersModel` and `tf.models.modelFromJSON` can create
 * them. Call it once before loading; saving does not need it. Without it, loading fails with tfjs's "Unknown layer:
 * HarmonicDense".
 */
export function registerHarmonicLayers(): void {
  for (const cls of [HarmonicDense, LayersFrequencyAwareOptimizer, Adam]) {
    serialization.registerClass(cls as serialization.SerializableConstructor<serialization.Serializable>);
  }
}
