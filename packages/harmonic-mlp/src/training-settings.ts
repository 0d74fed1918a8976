import type { SettingType } from './setting';

/** The settings of a run besides its model, optimizer, and schedule, with the defaults of the published experiment. */
export const trainingSettings = {
  epochs: { kind: 'number', bounds: { integer: true, min: 1 }, default: 15 },
  /** Default: those of the epochs. */
  steps: { kind: 'number', bounds: { integer: true, min: 1 } },
  batchSize: { kind: 'number', bounds: { integer: true, min: 1 }, default: 128 },
  dropLast: { kind: 'flag', default: false },
  readEvery: { kind: 'number', bounds: { integer: true, min: 1 }, default: 32 },
  /** Default: never. */
  evaluateEvery: { kind: 'number', bounds: { integer: true, min: 1 } },
  /** Default: that of the model. */
  seed: { kind: 'number', bounds: { integer: true, min: 0 } },
  threads: {
    kind: 'numberOrName',
    bounds: { integer: true, min: 1, max: 64 },
    names: ['auto'],
    default: 'auto',
  },
  learningRate: { kind: 'number', bounds: { min: 0 }, default: 1e-3 },
} as const satisfies Record<string, SettingType>;
