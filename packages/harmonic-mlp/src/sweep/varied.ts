import { foldIn, HarmonicError, randomKey } from '@harmonic-mlp/core';
import { type Applies, type Axes, applicable } from './axis';
import { draw } from './draw';

/** How many configurations are drawn before an axis is said to apply to none. */
const draws = 10_000;

/**
 * Checks that each axis is varied.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` for one that applies to none of 10,000 random configurations.
 */
export function requireVaried(axes: Axes, applies: Applies): void {
  const unseen = new Set(Object.keys(axes));
  const key = foldIn(randomKey(0), 'varied');
  for (let i = 0; unseen.size > 0; i++) {
    if (i === draws) throw neverApplies([...unseen][0]);
    for (const name of Object.keys(applicable(draw(axes, foldIn(key, i)), applies))) unseen.delete(name);
  }
}

const neverApplies = (name: string) =>
  new HarmonicError('INVALID_ARGUMENT', {
    argument: `axes.${name}`,
    problem: `The axis ${name} applies to no configuration of this sweep, so that it would not be varied.`,
    fix: 'Leave it out, or choose what it depends on so that it applies.',
  });
