import { Adam } from '@harmonic-mlp/freq-optimizer';
import { serialization } from '@tensorflow/tfjs-core';
import { LayersFrequencyAwareOptimizer } from './frequency-aware';
import { HarmonicDense } from './harmonic-dense';

/**
 * Tells tfjs the classes of this package, so that `tf.loadLayersModel` and `tf.models.modelFromJSON` make models with
 * them. Call it once before loading; saving needs it not. Without it, loading fails with tfjs's "Unknown layer:
 * HarmonicDense".
 */
export function registerHarmonicLayers(): void {
  for (const cls of [HarmonicDense, LayersFrequencyAwareOptimizer, Adam]) {
    serialization.registerClass(cls as serialization.SerializableConstructor<serialization.Serializable>);
  }
}
