import { relu } from '@harmonic-mlp/core';
import { mixed } from './mixed';

/** A share of the units harmonic, the others ReLU. */
export const harmonicRelu = /* @__PURE__ */ mixed('harmonic-relu', 'ReLU', (z) => relu({ x: z }));
