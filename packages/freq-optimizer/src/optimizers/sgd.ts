import { momentum as trace } from '../transforms';
import {
  clipNorm,
  clipValue,
  decay,
  freqScale,
  freqScaleFactor,
  type OptimizerDefinition,
  weightDecay,
} from './definition';

/** `torch.optim.SGD` without momentum. */
export const sgd: OptimizerDefinition = {
  name: 'sgd',
  title: 'SGD',
  summary: 'Plain stochastic gradient descent.',
  settings: {
    learningRate: { default: 0.1, bounds: { min: 0 }, summary: 'Learning rate.' },
    weightDecay,
    clipValue,
    clipNorm,
    freqScaleFactor,
    freqScale,
  },
  make: (settings) => decay(settings.weightDecay),
};

/** `torch.optim.SGD` with momentum. */
export const momentum: OptimizerDefinition = {
  name: 'momentum',
  title: 'SGD with momentum',
  summary: 'Stochastic gradient descent with momentum.',
  settings: {
    learningRate: { default: 0.01, bounds: { min: 0 }, summary: 'Learning rate.' },
    weightDecay,
    momentum: {
      default: 0.9,
      bounds: { min: 0, below: 1 },
      summary: 'Decay of the sum of earlier updates.',
    },
    nesterov: { default: false, summary: "Nesterov's form of momentum." },
    clipValue,
    clipNorm,
    freqScaleFactor,
    freqScale,
  },
  make: ({ weightDecay, momentum, nesterov }) => [...decay(weightDecay), trace({ momentum, nesterov })],
};
