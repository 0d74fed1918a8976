import type { OptimizerName } from '@harmonic-mlp/freq-optimizer';
import type { HarmonicMLPOptions } from './model';
import { type Batch, classifier } from './tasks';
import type { FitOptions, OptimizerOptions } from './training';

/** The name of a preset. */
export type PresetName = 'published' | 'recommended';

/** A model and its training that go together. */
export interface Preset {
  /** The options of a {@link HarmonicMLP}. */
  readonly model: HarmonicMLPOptions;
  /** The options of its {@link HarmonicMLP.fit}. */
  readonly training: FitOptions;
}

/** The values of a preset, from which {@link presets} are made. */
interface PresetValues {
  readonly model: HarmonicMLPOptions;
  readonly optimizer: OptimizerOptions & { readonly optimizer: OptimizerName };
  readonly training: { readonly epochs: number; readonly batchSize: number; readonly schedule: string };
  readonly labelSmoothing: number;
}

/** Plain JSON. */
export const presetValues: Readonly<Record<PresetName, PresetValues>> = {
  published: {
    model: {
      hidden: [512, 256],
      activation: 'harmonic',
      baseFreq: 1,
      maxFreq: [5, 3],
      residual: 0.1,
      norm: 'after',
      dropout: 0.2,
    },
    optimizer: {
      optimizer: 'adam',
      learningRate: 1e-3,
      weightDecay: 1e-5,
      freqScaleFactor: 0.1,
      freqScale: 'gradient',
    },
    training: { epochs: 15, batchSize: 128, schedule: 'plateau' },
    labelSmoothing: 0,
  },
  recommended: {
    model: {
      hidden: [512, 256],
      activation: 'harmonic-phase',
      periods: 'constant:4',
      residual: 0.1,
      norm: 'before',
      noise: 0.15,
      inputNoise: 0.45,
      dropout: 0.1,
    },
    optimizer: { optimizer: 'adam', learningRate: 0.002354, weightDecay: 1e-5, freqScaleFactor: 0 },
    training: { epochs: 15, batchSize: 128, schedule: 'cosine' },
    labelSmoothing: 0.1,
  },
};

/**
 * Models with their training, for a classification of images such as MNIST:
 *
 * - `published`: the published experiment, which is what `HarmonicMLP` and `fit` do without options.
 * - `recommended`: what a study found best of the networks with periodic units, each tuned with the same effort, see
 *   docs/study/classification.md.
 *
 * @example
 * ```ts
 * const { model: options, training } = presets.recommended;
 * const model = new HarmonicMLP({ ...options, hidden: [128], seed: 1 });
 * const { history } = await model.fit(train, { ...training, epochs: 3, validation: test });
 * ```
 */
export const presets: Readonly<Record<PresetName, Preset>> = /* @__PURE__ */ allPresets();

function allPresets() {
  const { published, recommended } = presetValues;
  return Object.freeze({ published: presetOf(published), recommended: presetOf(recommended) });
}

/** Frozen, since all programs on a page share them. */
function presetOf({ model, optimizer, training, labelSmoothing }: PresetValues): Preset {
  const task = labelSmoothing > 0 && { task: classifier({ labelSmoothing }) };
  const options = { ...training, optimizer: frozen(optimizer), ...task } as FitOptions<Batch>;
  return Object.freeze({ model: frozen(model), training: Object.freeze(options) });
}

/** A copy of plain values, and of the lists among them. */
function frozen<T extends object>(values: T): T {
  const copies = Object.entries(values).map(([name, value]) => [
    name,
    Array.isArray(value) ? Object.freeze([...value]) : value,
  ]);
  return Object.freeze(Object.fromEntries(copies)) as T;
}
