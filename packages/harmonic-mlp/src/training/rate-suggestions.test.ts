import { describe, expect, it } from 'vitest';
import { suggestRates } from './rate-suggestions';

/** Rates of which every tenth is ten times as large. */
const rates = Array.from({ length: 41 }, (_, i) => 10 ** (-4 + i / 10));

describe('suggested rates', () => {
  it('are at the steepest point of a fall, and a tenth of its lowest', () => {
    // Falls from 2 to 1 about 10⁻², steepest there, and rises again from 10⁻¹ on.
    const losses = rates.map((rate) => {
      const x = Math.log10(rate);
      return 1.5 - Math.tanh(3 * (x + 2)) / 2 + Math.max(0, x + 1) ** 2;
    });
    const lowest = rates[losses.indexOf(Math.min(...losses))];
    const { steepest, minimumTenth } = suggestRates(rates, losses);
    expect(steepest).toBeCloseTo(1e-2, 10);
    expect(minimumTenth).toBe(lowest / 10);
  });

  it('do not follow the jump of a single batch', () => {
    const losses = rates.map((rate) => 1.5 - Math.tanh(3 * (Math.log10(rate) + 2)) / 2);
    losses[35] += 0.2;
    expect(suggestRates(rates, losses).steepest).toBeCloseTo(1e-2, 10);
  });

  it('have the slope of the logarithm, so that the unit of the rate does not matter', () => {
    const losses = rates.map((rate) => 2 - Math.tanh(Math.log10(rate) + 2));
    const thousandfold = suggestRates(
      rates.map((rate) => 1000 * rate),
      losses,
    );
    const { steepest, minimumTenth, valley } = suggestRates(rates, losses);
    expect(thousandfold.steepest! / steepest!).toBeCloseTo(1000, 9);
    expect(thousandfold.minimumTenth! / minimumTenth!).toBeCloseTo(1000, 9);
    expect(thousandfold.valley! / valley!).toBeCloseTo(1000, 9);
  });

  // The procedure of fastai 2.8 (fastai/callback/schedule.py, valley), on curves of which it can be told by hand.
  it.each([
    // Nine losses fall, the last at 8, from 8 − 9 = −1 on: a third and a sixth of nine places are 3 and 1.
    [[9, 8, 7, 6, 5, 4, 3, 2, 1], 3],
    // A rise in between is passed over: seven losses fall, from 8 − 7 = 1 to 8; 7/3 and 7/6 are 2 and 1.
    [[9, 8, 7, 9, 9, 6, 5, 4, 3], 4],
    // After the fall, losses rise: six fall, from −1 to 5, of which a third and a sixth are 2 and 1.
    [[6, 5, 4, 3, 2, 1, 7, 8, 9], 2],
    // Two fall, from −1 to 1; no place is before the first.
    [[2, 1, 3], 0],
  ])('%j have their valley at %i', (losses, place) => {
    expect(suggestRates(rates.slice(0, losses.length), losses).valley).toBe(rates[place]);
  });

  it('are missing where the curve only rises, or has one point', () => {
    expect(suggestRates([1, 2, 3, 4, 5, 6], [1, 2, 3, 4, 5, 6])).toEqual({});
    expect(suggestRates([1], [1])).toEqual({});
    expect(suggestRates([], [])).toEqual({});
  });
});
