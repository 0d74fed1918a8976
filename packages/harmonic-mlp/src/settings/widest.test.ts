import type { Bounds } from '@harmonic-mlp/core';
import { expect, it } from 'vitest';
import { widest } from './widest';

it.each<[Bounds, Bounds, Bounds]>([
  [{ min: 0 }, { min: 1 }, { min: 0 }],
  [{ above: -1 }, { above: 0 }, { above: -1 }],
  [{ above: 0 }, { min: 0 }, { min: 0 }],
  [{ above: 0 }, { min: 1 }, { above: 0 }],
  [{ min: 0 }, {}, {}],
  [{ max: 1 }, { max: 2 }, { max: 2 }],
  [{ below: 3 }, { below: 2 }, { below: 3 }],
  [{ below: 1 }, { max: 1 }, { max: 1 }],
  [{ below: 2 }, { max: 1 }, { below: 2 }],
  [{ max: 0 }, {}, {}],
  [
    { above: 0, max: 1 },
    { min: 0, below: 1 },
    { min: 0, max: 1 },
  ],
  [
    { min: 1, integer: true },
    { min: 2, integer: true },
    { min: 1, integer: true },
  ],
  [{ min: 1, integer: true }, { min: 2 }, { min: 1 }],
])('%j or %j allows %j', (one, other, either) => {
  expect(widest([one, other])).toEqual(either);
  expect(widest([other, one])).toEqual(either);
  expect(widest([one])).toEqual(one);
});
