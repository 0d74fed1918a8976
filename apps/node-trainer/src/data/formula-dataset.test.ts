import { randomKey } from '@harmonic-mlp/core';
import { checkerboard, makeData, spirals, waves } from 'harmonic-mlp/made-data';
import { describe, expect, it } from 'vitest';
import { FormulaDataset } from './formula-dataset';

const source = { dataset: '', verify: true, seed: 3, examples: 40, dataNoise: 0.1 };

it('has the examples of its formula, seed, and noise', () => {
  const data = FormulaDataset.of(checkerboard, source);
  for (const part of ['train', 'test'] as const) {
    const made = makeData(checkerboard, { part, seed: 3, examples: 40, noise: 0.1 });
    expect(data[part]).toEqual({ ...made, size: 40 });
  }
  expect(data.shape).toEqual({ inputSize: 2, classes: 2 });
  expect(FormulaDataset.of(waves, source).shape).toEqual({ inputSize: 1, task: 'regression', outputs: 1 });
  const { inputs, target } = data.example(7);
  expect([...inputs, target]).toEqual([...data.test.inputs.slice(14, 16), data.test.targets[7]]);
});

it('has a fingerprint of inputs and targets', async () => {
  const of = (more: object) => FormulaDataset.of(waves, { ...source, ...more }).fingerprint();
  const own = await of({});
  expect(own).toMatch(/^[0-9a-f]{64}-[0-9a-f]{64}$/);
  expect(await of({})).toBe(own);
  // The noise is in the targets.
  const noisy = await of({ dataNoise: 0.2 });
  expect(noisy).not.toBe(own);
  expect(noisy.slice(0, 64)).toBe(own.slice(0, 64));
});

describe('holds out', () => {
  const all = FormulaDataset.of(spirals, { ...source, examples: 300 });
  const rowsOf = ({ inputs, targets }: typeof all.train) =>
    Array.from(targets, (target, i) => `${inputs[2 * i]} ${inputs[2 * i + 1]} ${target}`);

  it.each([
    [75, 75],
    [0.25, 75],
    [0.0001, 1],
  ])('%s of 300 examples, which it draws and leaves in their order', (validation, count) => {
    const data = all.holdOut(validation, randomKey(1));
    expect([data.train.size, data.validation!.size]).toEqual([300 - count, count]);
    expect(data.test).toBe(all.test);
    const rows = rowsOf(all.train);
    const places = [data.train, data.validation!].map((part) => rowsOf(part).map((row) => rows.indexOf(row)));
    expect(places.flat().sort((a, b) => a - b)).toEqual(rows.map((_, i) => i));
    for (const part of places) expect(part).toEqual([...part].sort((a, b) => a - b));
  });

  it('the same with the same key, and neither the first nor the last', () => {
    const drawn = (key: number) => rowsOf(all.holdOut(30, randomKey(key)).validation!);
    expect(drawn(1)).toEqual(drawn(1));
    const others = [drawn(2), rowsOf(all.train).slice(0, 30), rowsOf(all.train).slice(-30)];
    for (const other of others) expect(drawn(1)).not.toEqual(other);
  });

  it.each([300, 301, 1.5, 0.999])('not %s of 300', (validation) => {
    expect(() => all.holdOut(validation, randomKey(1))).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', argument: 'validation', value: validation }),
    );
  });
});
