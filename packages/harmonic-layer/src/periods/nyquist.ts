import { periodBounds, periodsBy } from './bounds';
import type { PeriodDistribution } from './period-distribution';

/**
 * The periods of evenly spaced frequencies up to the Nyquist frequency, half the sampling rate: `p[i] = 2n/((i + 1)·rate)` for
 * unit i of n. The idea is FM-SIREN's (Alsakabi et al., 2025), a multiplier for each unit as in the discrete sine transform; its
 * authors' multipliers may be spaced differently.
 */
export const nyquist: PeriodDistribution<'rate'> = {
  name: 'nyquist',
  summary: 'those of evenly spaced frequencies up to half the sampling rate of the data',
  hyperparameters: {
    // 256 examples from −1 to 1.
    rate: { summary: 'the sampling rate: examples per unit of the input', default: 128, ...periodBounds },
  },
  periodsOf: (units, { rate }) => periodsBy(units, (i) => (2 * units) / ((i + 1) * rate)),
};
