import { type FixtureTensor, readFixture } from './fixtures';

/** The settings of a run's optimizer; those of Adam are missing if the base is a different optimizer. */
interface OptimizerSettings {
  base: 'adam' | 'sgd';
  mode: 'gradient' | 'update';
  learningRate: number;
  beta1?: number;
  beta2?: number;
  epsilon?: number;
  decay?: 'coupled' | 'decoupled';
  weightDecay: number;
  freqScaleFactor: number;
}

/** Training steps of PyTorch in float64 from given weights, by several optimizers; see tools/reference. */
export interface Trajectories {
  model: {
    inputs: number;
    hidden: { units: number; baseFreq: number; maxFreq: number }[];
    classes: number;
    residual: number;
    dropout: number;
  };
  initial: Record<string, FixtureTensor>;
  batches: { x: FixtureTensor; labels: FixtureTensor }[];
  runs: {
    name: string;
    optimizer: OptimizerSettings;
    losses: number[];
    correct: number[];
    snapshots: { step: number; weights: Record<string, FixtureTensor> }[];
    evaluation: { logits: FixtureTensor };
  }[];
}

export const trajectories = readFixture<Trajectories>('trajectory');

/** Adam's settings of a run, in the form that this project's Adam takes. */
export function adamOptions({ learningRate, beta1, beta2, epsilon, decay, weightDecay }: OptimizerSettings) {
  const weightDecayMode = decay === 'decoupled' ? 'decoupled' : 'l2';
  return { learningRate, beta1, beta2, epsilon, weightDecay, weightDecayMode } as const;
}
