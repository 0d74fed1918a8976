import { foldIn, HarmonicError, randomKey } from '@harmonic-mlp/core';
import { type Applies, type Axes, applicable, type Values } from './axis';
import { draw } from './draw';
import { gridOf } from './grid';
import type { SearchName } from './search';

/** How many configurations are drawn before an axis is said to apply to none. */
const draws = 10_000;

/**
 * Checks that each axis is varied.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` for one that applies to no configuration of a grid, or to none of 10,000 random ones.
 */
export function requireVaried(search: SearchName, axes: Axes, applies: Applies): void {
  const unseen = new Set(Object.keys(axes));
  for (const values of search === 'grid' ? gridOf(axes, applies) : drawn(axes, applies)) {
    for (const name of Object.keys(values)) unseen.delete(name);
    if (unseen.size === 0) return;
  }
  for (const name of unseen) {
    throw new HarmonicError('INVALID_ARGUMENT', {
      argument: `axes.${name}`,
      problem: `The axis ${name} applies to no configuration of this sweep, so that it would not be varied.`,
      fix: 'Leave it out, or choose what it depends on so that it applies.',
    });
  }
}

function* drawn(axes: Axes, applies: Applies): Generator<Values> {
  const key = foldIn(randomKey(0), 'varied');
  for (let i = 0; i < draws; i++) yield applicable(draw(axes, foldIn(key, i)), applies);
}
