import { foldIn, type RandomKey, randomUniform } from '@harmonic-mlp/core';
import { type Axes, drawnFrom, isRange, type Values } from './axis';

/** Independent values of all axes: uniform in a range, on its scale, and among the values of a list. */
export function draw(axes: Axes, key: RandomKey): Values {
  return Object.fromEntries(
    Object.entries(axes).map(([name, axis]) => {
      const [uniform] = randomUniform(foldIn(key, name), 1);
      return [name, isRange(axis) ? drawnFrom(axis, uniform) : axis[Math.floor(uniform * axis.length)]];
    }),
  );
}
