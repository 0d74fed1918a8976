import type { SettingType } from '../setting';

/** What a run is besides its model, optimizer and schedule, with the published experiment's defaults. */
export const trainingSettings = {
  epochs: { kind: 'number', bounds: { integer: true, min: 1 }, default: 15 },
  /** Default: as many as the epochs have. */
  steps: { kind: 'number', bounds: { integer: true, min: 1 } },
  batchSize: { kind: 'number', bounds: { integer: true, min: 1 }, default: 128 },
  dropLast: { kind: 'flag', default: false },
  readEvery: { kind: 'number', bounds: { integer: true, min: 1 }, default: 32 },
  /** Default: never. */
  evaluateEvery: { kind: 'number', bounds: { integer: true, min: 1 } },
  /** Default: the model's. */
  seed: { kind: 'number', bounds: { integer: true, min: 0 } },
  learningRate: { kind: 'number', bounds: { min: 0 }, default: 1e-3 },
} as const satisfies Record<string, SettingType>;
