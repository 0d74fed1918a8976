import type { HarmonicMLP } from 'harmonic-mlp';

/** A hidden layer: `y = sin(ω·z) + r·z`, with an angular frequency for each unit. */
export interface HiddenLayer {
  readonly omegas: readonly number[];
  /** What the gradients of each unit are multiplied by; undefined if they are not. */
  readonly factors?: readonly number[];
}

/** A network that every contender trains. */
export interface Network {
  /** Its sizes. */
  readonly name: string;
  /** Of one label for each example by the cross-entropy, or of standardized numbers by the mean squared error. */
  readonly task: 'classification' | 'regression';
  readonly inputSize: number;
  readonly hidden: readonly HiddenLayer[];
  readonly outputs: number;
  /** r; 0 is none. */
  readonly residual: number;
  /** Whether batch normalization follows each activation. */
  readonly isNormalized: boolean;
  /** The rate of dropout; 0 is none. */
  readonly dropout: number;
  readonly learningRate: number;
  /** The options of this project's model. */
  readonly options: ConstructorParameters<typeof HarmonicMLP>[0];
}

export const adam = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };
export const norm = { epsilon: 1e-5, momentum: 0.1 };

/** The seed of the initial weights. */
export const seed = 1;

/** A layer with a period for each unit. The factor of a unit's gradient is `1/(1 + 0.1·period)`. */
export const withPeriods = (periods: Iterable<number>): HiddenLayer => ({
  omegas: Array.from(periods, (period) => (2 * Math.PI) / period),
  factors: Array.from(periods, (period) => 1 / (1 + 0.1 * period)),
});

/** Whether Adam trains the tensor of a path: all except the running statistics. */
export const isTrained = (path: string): boolean => !path.includes('/running_');

/** The layer of a harmonic layer's kernel or bias; undefined for all other paths. */
export function layerOf({ hidden }: Network, path: string): HiddenLayer | undefined {
  const [, layer] = /^hidden\.(\d+)\/(?:kernel|bias)$/.exec(path) ?? [];
  return layer === undefined ? undefined : hidden[Number(layer)];
}
