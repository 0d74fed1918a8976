import { foldIn, randomKey } from '@harmonic-mlp/core';
import { expect, it } from 'vitest';
import { type Axes, hasValue } from './axis';
import { draw } from './draw';

const axes: Axes = {
  rate: { from: 1e-4, to: 1e-2, scale: 'log' },
  dropout: { from: 0, to: 0.5 },
  layers: { from: 1, to: 4, integer: true },
  kind: ['a', 'b', 'c'],
};
const seed = Math.floor(Math.random() * 1e6);
const values = Array.from({ length: 3000 }, (_, i) => draw(axes, foldIn(randomKey(seed), i)));

it('values are a pure function of the key, whatever other axes there are', () => {
  const key = foldIn(randomKey(7), 3);
  const all = draw(axes, key);
  expect(draw(axes, key)).toEqual(all);
  for (const name of Object.keys(axes)) expect(draw({ [name]: axes[name] }, key)[name]).toEqual(all[name]);
  expect(draw(axes, foldIn(randomKey(7), 4))).not.toEqual(all);
});

it('values are those of the axes', () => {
  for (const drawn of values)
    for (const [name, axis] of Object.entries(axes)) expect(hasValue(axis, drawn[name])).toBe(true);
});

it('values are uniform, on the scale of the axis', () => {
  console.log(`draws of seed ${seed}`);
  const places: Record<string, (value: never) => number> = {
    rate: (value: number) => Math.log(value / 1e-4) / Math.log(100),
    dropout: (value: number) => value / 0.5,
    layers: (value: number) => (value - 0.5) / 4,
    kind: (value: string) => (['a', 'b', 'c'].indexOf(value) + 0.5) / 3,
  };
  for (const [name, place] of Object.entries(places)) {
    const bins = { rate: 10, dropout: 10, layers: 4, kind: 3 }[name]!;
    const counts = Array(bins).fill(0);
    for (const drawn of values) counts[Math.min(bins - 1, Math.floor(place(drawn[name] as never) * bins))]++;
    const expected = values.length / bins;
    // Six standard deviations.
    for (const count of counts)
      expect(Math.abs(count - expected), `${name}: ${counts}`).toBeLessThan(6 * Math.sqrt(expected));
  }
});

it('axes are independent', () => {
  const [low, high] = [0, 1].map((half) => {
    const part = values.filter(({ dropout }) => Number((dropout as number) > 0.25) === half);
    return part.filter(({ rate }) => (rate as number) > 1e-3).length / part.length;
  });
  expect(Math.abs(low - high)).toBeLessThan(0.12);
});
