import { gelu } from '@harmonic-mlp/core';
import { mixed } from './mixed';

/** A share of the units harmonic, the others GELU. */
export const harmonicGelu = /* @__PURE__ */ mixed('harmonic-gelu', 'GELU', (z) => gelu({ z }));
