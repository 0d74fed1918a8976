import { expect, it } from 'vitest';
import { ticksOf } from './ticks';

it.each([
  [-1.2, 1.2, [-1, -0.5, 0, 0.5, 1]],
  [-1.8, 1.8, [-1, 0, 1]],
  [-0.12, 1.12, [0, 0.5, 1]],
  // With the strongest noise of the form.
  [-38, 41, [-20, 0, 20, 40]],
  [0, 5e-3, [0, 1e-3, 2e-3, 3e-3, 4e-3, 5e-3]],
  [7, 7.3, [7, 7.1, 7.2, 7.3]],
])('from %d to %d are all along an axis', (bottom, top, ticks) => {
  const close = (value: number) => (value === 0 ? 0 : expect.closeTo(value, 9));
  expect(ticksOf(bottom, top).map((tick) => tick + 0)).toEqual(ticks.map(close));
});
