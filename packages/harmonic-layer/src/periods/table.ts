import { capped } from './capped';
import { constant } from './constant';
import { cyclic } from './cyclic';
import { gaussian } from './gaussian';
import { geometric } from './geometric';
import { harmonic } from './harmonic';
import { learnable } from './learnable';
import { linear } from './linear';
import { nyquist } from './nyquist';
import type { PeriodDistribution } from './period-distribution';
import { uniform } from './uniform';

/** The period distributions by name: those of this package and those added with `registerPeriods`. */
export const periods: { readonly [name: string]: PeriodDistribution } = {
  capped,
  constant,
  linear,
  geometric,
  harmonic,
  cyclic,
  uniform,
  gaussian,
  nyquist,
  learnable,
};
