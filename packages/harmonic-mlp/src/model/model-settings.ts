import { activations as table } from '@harmonic-mlp/harmonic-layer';
import type { SettingType } from '../setting';

/** The names of the built-in activations. */
export const activations: readonly string[] = Object.keys(table);

/** Outside these bounds, 2πz/p leaves the range of float32. */
const period = { min: 1e-30, max: 1e30 };

/** What defines a model besides the widths of its input and output, with the published experiment's defaults. */
export const modelSettings = {
  task: {
    kind: 'choice',
    choices: ['classification', 'regression', 'multi-label'],
    default: 'classification',
  },
  loss: { kind: 'choice', choices: ['squared', 'absolute', 'huber'], default: 'squared' },
  delta: { kind: 'number', bounds: { above: 0 }, default: 1 },
  hidden: { kind: 'list', bounds: { integer: true, min: 1 }, default: [512, 256] },
  activation: {
    kind: 'choice',
    /** Including those of `registerActivation`. */
    get choices() {
      return Object.keys(table);
    },
    default: 'harmonic',
  },
  baseFreq: { kind: 'perLayer', bounds: period, default: 1 },
  /** Default: 5 for the first layer, 3 for the others. */
  maxFreq: { kind: 'perLayer', bounds: period },
  /** A text that `parsePeriods` of harmonic-layer reads, for all layers, or one for each with slashes between them. */
  periods: { kind: 'text' },
  norm: { kind: 'choice', choices: ['after', 'before', 'none'], default: 'after' },
  normKind: { kind: 'choice', choices: ['batch', 'layer'], default: 'batch' },
  noise: { kind: 'number', bounds: { min: 0, max: 1e6 }, default: 0 },
  inputNoise: { kind: 'number', bounds: { min: 0, max: 1e6 }, default: 0 },
  skipConnections: { kind: 'flag', default: false },
  standardizeInputs: { kind: 'flag', default: false },
  /** A text that `parseFourierFeatures` of harmonic-layer reads. Default: none. */
  fourierFeatures: { kind: 'text' },
  /** Default: no limit. */
  maxNorm: { kind: 'number', bounds: { above: 0 } },
  dropout: { kind: 'number', bounds: { min: 0, below: 1 }, default: 0.2 },
  seed: { kind: 'number', bounds: { integer: true, min: 0 }, default: 0 },
} as const satisfies Record<string, SettingType>;
