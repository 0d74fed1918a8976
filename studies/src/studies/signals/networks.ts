import type { HarmonicMLPOptions } from 'harmonic-mlp';

/** A kind of network, and what is tuned of it besides the learning rate. */
export interface Network {
  readonly name: string;
  readonly model: HarmonicMLPOptions;
  /** Whether its periods are proposed from the training data. */
  readonly isProposed?: boolean;
  /** The values of one option to choose from. */
  readonly choices?: readonly HarmonicMLPOptions[];
}

/** The networks that are compared; those with periodic units first. */
export const networks: readonly Network[] = [
  { name: 'harmonic, proposed periods', model: {}, isProposed: true },
  {
    name: 'SIREN',
    model: { activation: 'siren' },
    choices: [3, 10, 30].map((omega) => ({ omega })),
  },
  {
    name: 'Snake',
    model: { activation: 'snake' },
    choices: [1, 5, 25].map((frequency) => ({ frequency })),
  },
  { name: 'tanh', model: { activation: 'tanh' } },
  { name: 'GELU', model: { activation: 'gelu' } },
  { name: 'ReLU', model: { activation: 'relu' } },
];
