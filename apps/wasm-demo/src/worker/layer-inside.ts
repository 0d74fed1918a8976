import type { LayerInside, PreActivations } from './protocol';

const bins = 64;
/** The maximum fraction of the values outside the range that is shown. */
const outside = 0.01;

/**
 * The distribution of a layer's pre-activations, separately for each period.
 *
 * @param z [examples, units], row by row.
 * @param periods the period of each unit, if units have periods.
 */
export function layerInside(z: Float32Array, units: number, periods: Float32Array | undefined): LayerInside {
  const limit = magnitudeOfAllBut(outside, z);
  const groups = new Map<number | undefined, { units: number; counts: Float32Array }>();
  const groupOf = Array.from({ length: units }, (_, unit) => {
    const period = periods?.[unit];
    const group = groups.get(period) ?? { units: 0, counts: new Float32Array(bins) };
    group.units++;
    groups.set(period, group);
    return group;
  });
  for (let i = 0; i < z.length; i++) {
    const bin = Math.floor(((z[i] + limit) / (2 * limit)) * bins);
    if (bin >= 0 && bin < bins) groupOf[i % units].counts[bin]++;
  }
  const examples = z.length / units;
  const densities = [...groups].map(
    ([period, { units, counts }]): PreActivations => ({
      period,
      units,
      density: counts.map((count) => count / (units * examples)),
    }),
  );
  return { limit, groups: densities.sort((a, b) => (a.period ?? 0) - (b.period ?? 0)) };
}

/** The magnitude that only the given fraction of values exceeds, rounded up to two digits so that axes do not flicker. */
function magnitudeOfAllBut(fraction: number, values: Float32Array): number {
  const sizes = values.map(Math.abs).sort();
  const found = sizes[Math.floor((1 - fraction) * (sizes.length - 1))];
  if (!(found > 0 && Number.isFinite(found))) return 1;
  const unit = 10 ** (Math.floor(Math.log10(found)) - 1);
  return Math.ceil(found / unit) * unit;
}
