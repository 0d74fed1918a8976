import { harmonic, joinUnits, splitUnits } from '@harmonic-mlp/core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { frequencyScaledWeights } from '../initializer';
import type { Activation } from './activation';

/** A layer in which the first units are harmonic, and the others have another activation. */
export const mixed = (
  name: string,
  title: string,
  other: (z: Tensor2D) => Tensor2D,
): Activation<'share' | 'residual'> => ({
  name,
  title: `harmonic and ${title}`,
  summary: `a share of the units harmonic, sin(2π·z/p) + r·z, the others ${title}`,
  hyperparameters: {
    share: { summary: 'the share of harmonic units', default: 0.5, min: 0, max: 1 },
    residual: { summary: 'the strength r of the residual connection', default: 0, min: -1e30, max: 1e30 },
  },
  hasPeriods: true,
  layout: (units, { share }) => ({ columns: units, periodic: Math.round(share * units) }),
  initialize: ({ inputSize, periods }, key) => frequencyScaledWeights(inputSize, periods!, key),
  activate({ z, periods }, { residual }) {
    if (periods === undefined) return other(z);
    const first = periods.size;
    if (first === z.shape[1]) return harmonic({ z, periods }, { residual });
    const [waves, others] = splitUnits({ x: z }, { first });
    return joinUnits({ first: harmonic({ z: waves, periods }, { residual }), second: other(others) });
  },
});
