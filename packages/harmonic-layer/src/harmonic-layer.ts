import { type KnownOptions, type RandomKey, requireOptions } from '@harmonic-mlp/core';
import { harmonic } from './activations';
import { DenseLayer } from './dense-layer';
import { resolveHyperparameters } from './hyperparameters';
import { capped, cappedHarmonicSeries, type PeriodOptions } from './periods';

/** What defines a {@link HarmonicLayer}. */
export interface HarmonicLayerOptions extends PeriodOptions {
  /** The width of the input. */
  inputSize: number;
  /** The number of units, which is the width of the output. */
  units: number;
  /** The strength r of the residual connection `r·z`; 0 gives a pure sine. Default 0.1. */
  residual?: number;
  /** Whether the layer has a bias, which sets the phase of each unit. Default true. */
  useBias?: boolean;
  /** The source of the initial weights: an integer seed, or a random key derived from one. Default: a random integer. */
  seed?: number | RandomKey;
}

/** A layer's complete configuration, as plain JSON. */
export type HarmonicLayerConfig = Required<HarmonicLayerOptions>;

const known: KnownOptions<HarmonicLayerOptions> = {
  inputSize: true,
  units: true,
  baseFreq: true,
  maxFreq: true,
  residual: true,
  useBias: true,
  seed: true,
};

/**
 * A dense layer with a periodic activation and a period p for each unit:
 *
 * ```
 * z = x·W + b        y = sin(2π·z/p) + r·z        p[i] = min(baseFreq·(i + 1), maxFreq)
 * ```
 *
 * The weights and biases are inside the sine: a weight w sets a frequency, w/p, and a bias b sets a phase, 2π·b/p; the
 * amplitudes are the weights of the next layer. (The authors of the published experiment compare weights to amplitudes and
 * biases to phases.) With many units and a low `maxFreq`, nearly all units share the largest period.
 *
 * `W` [inputSize, units] and `b` [units] are `tf.Variable`s that any optimizer can train. The layer runs on any tfjs backend.
 * Call {@link dispose} when it is no longer needed.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` for a size or period that is not positive, and for any other option of the wrong
 *   type.
 * @example
 * ```ts
 * const layer = new HarmonicLayer({ inputSize: 2, units: 64, maxFreq: 5, seed: 1 });
 * const y = layer.apply(tf.tensor2d([[0.5, -1]]));
 * y.shape; // => [ 1, 64 ]
 * ```
 */
export class HarmonicLayer extends DenseLayer {
  /** p, the period of each unit. */
  declare readonly periods: Float32Array;

  readonly #config: HarmonicLayerConfig;

  constructor(given: HarmonicLayerOptions) {
    const options = requireOptions('options', given, 'new HarmonicLayer({ inputSize: 2, units: 64 })', known);
    const { inputSize, units, useBias = true, seed = Math.floor(Math.random() * 2 ** 32) } = options;
    const { baseFreq, maxFreq } = resolveHyperparameters(capped.hyperparameters, { ...options });
    const { residual } = resolveHyperparameters(harmonic.hyperparameters, { ...options });
    super({
      inputSize,
      units,
      activation: harmonic,
      hyperparameters: { residual },
      periods: cappedHarmonicSeries(units, { baseFreq, maxFreq }),
      useBias,
      seed,
    });
    this.#config = { inputSize, units, baseFreq, maxFreq, residual, useBias, seed };
  }

  /** The options that recreate this layer with the same initial weights. */
  getConfig(): HarmonicLayerConfig {
    return { ...this.#config };
  }

  /**
   * Makes a layer from the result of {@link getConfig}. It has the initial weights; trained weights are in `weights`.
   *
   * @throws {HarmonicError} `INVALID_ARGUMENT` if `config` is not an object, or if an option is out of bounds or unknown.
   */
  static fromConfig(config: HarmonicLayerConfig): HarmonicLayer {
    return new HarmonicLayer(requireOptions('config', config, 'HarmonicLayer.fromConfig(layer.getConfig())'));
  }
}
