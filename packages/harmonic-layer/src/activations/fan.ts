import { cosine, gelu, joinUnits, sine, splitUnits } from '@harmonic-mlp/core';
import { fanInUniform } from '../initializer';
import type { Activation } from './activation';

/** The layer of Fourier analysis networks, FAN (Dong et al., 2024): cosines and sines of the same pre-activations, and GELU. */
export const fan: Activation<'share'> = {
  name: 'fan',
  title: 'FAN',
  summary: '[cos z, sin z, GELU(z)], where the first two share their weights',
  hyperparameters: {
    share: { summary: 'the share of cosines, and of sines', default: 0.25, above: 0, below: 0.5 },
  },
  hasPeriods: false,
  layout: (units, { share }) => ({ columns: units - Math.floor(share * units), periodic: 0 }),
  initialize: fanInUniform,
  activate({ z, units }, { share }) {
    const first = Math.floor(share * units);
    if (first === 0) return gelu({ z });
    const [waves, others] = splitUnits({ x: z }, { first });
    const omega = 1;
    const pair = joinUnits({ first: cosine({ z: waves }, { omega }), second: sine({ z: waves }, { omega }) });
    return joinUnits({ first: pair, second: gelu({ z: others }) });
  },
};
