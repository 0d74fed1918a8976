import type { WasmKernel } from '../kernel';
import { gather } from './gather';
import { identity } from './identity';
import { batchMatMul, fusedMatMul } from './mat-mul';
import { cosine, sine } from './sine';
import { sum } from './sum';

/** What is put in place of tfjs's own kernels. */
export const stockKernels: readonly WasmKernel[] = [
  batchMatMul,
  fusedMatMul,
  sine,
  cosine,
  identity,
  gather,
  sum,
];
