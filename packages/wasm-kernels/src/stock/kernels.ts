import { replacementBy } from '../kernel';
import { gather } from './gather';
import { identity } from './identity';
import { batchMatMul, fusedMatMul } from './mat-mul';
import { sum } from './sum';
import { cosine, sine, squareRoot } from './unary';

/** The replacements of tfjs's own kernels. */
export const stockKernels = [batchMatMul, fusedMatMul, sine, cosine, squareRoot, identity, gather, sum].map(
  replacementBy,
);
