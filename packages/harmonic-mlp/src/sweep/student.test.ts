import { expect, it } from 'vitest';
import { studentQuantile } from './student';

// scipy.stats.t.ppf(0.975, degrees)
it.each([
  [1, 12.706204736174694],
  [2, 4.302652729749462],
  [3, 3.1824463052837078],
  [4, 2.7764451051977934],
  [5, 2.5705818356363146],
  [9, 2.262157162798205],
  [10, 2.228138851986274],
  [29, 2.045229642132703],
  [30, 2.0422724563012378],
  [99, 1.9842169515864174],
  [100, 1.9839715185235518],
  [999, 1.9623414611334493],
  [1000, 1.9623390808264083],
  [1001, 1.9623367052808798],
  [10_000, 1.960201239890626],
])('with %d degrees of freedom it is %d', (degrees, quantile) => {
  expect(Math.abs(studentQuantile(degrees) / quantile - 1)).toBeLessThan(1e-10);
});

it('falls towards the quantile of the normal distribution', () => {
  let last = Infinity;
  for (let degrees = 1; degrees < 2000; degrees++) {
    const quantile = studentQuantile(degrees);
    expect(quantile).toBeLessThan(last);
    last = quantile;
  }
  expect(studentQuantile(1e9)).toBeCloseTo(1.959963984540054, 8);
});
