import { scaleByAdam } from '../transforms';
import {
  type CheckedSettings,
  clipNorm,
  clipValue,
  decay,
  freqScale,
  freqScaleFactor,
  type OptimizerDefinition,
  weightDecay,
} from './definition';

const learningRate = { default: 1e-3, bounds: { min: 0 }, summary: 'Learning rate.' };
const beta1 = { default: 0.9, bounds: { min: 0, below: 1 }, summary: 'Decay of the first moment.' };
const beta2 = { default: 0.999, bounds: { min: 0, below: 1 }, summary: 'Decay of the second moment.' };
const epsilon = {
  default: undefined,
  bounds: { min: 0 },
  summary: 'Added to the root of the second moment; 1e-8, or 1e-4 with 16-bit floats.',
};

const moments = ({ beta1, beta2, epsilon }: CheckedSettings) => scaleByAdam({ beta1, beta2, epsilon });

/** `torch.optim.Adam`. */
export const adam: OptimizerDefinition = {
  name: 'adam',
  title: 'Adam',
  summary: 'Adam with coupled weight decay (L2).',
  settings: {
    learningRate,
    weightDecay,
    beta1,
    beta2,
    epsilon,
    clipValue,
    clipNorm,
    freqScaleFactor,
    freqScale,
  },
  make: (settings) => [...decay(settings.weightDecay), moments(settings)],
};

/** `torch.optim.AdamW`. */
export const adamw: OptimizerDefinition = {
  name: 'adamw',
  title: 'AdamW',
  summary: 'Adam with decoupled weight decay.',
  settings: {
    learningRate,
    weightDecay: { default: 0.01, bounds: { min: 0 }, summary: 'Decoupled weight decay.' },
    beta1,
    beta2,
    epsilon,
    clipValue,
    clipNorm,
    freqScaleFactor,
    freqScale,
  },
  make: (settings) => [moments(settings), ...decay(settings.weightDecay)],
};
