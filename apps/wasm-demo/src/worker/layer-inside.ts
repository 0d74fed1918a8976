import { type Tensor2D, tensor2d, tidy } from '@tensorflow/tfjs-core';
import type { HarmonicMLP } from 'harmonic-mlp';
import type { LayerInside, PreActivations } from './protocol';

const bins = 64;
/** The number of points of a curve. */
const points = 221;
/** The largest number of groups of units that are told apart. */
const mostGroups = 8;
/** The maximum fraction of the values outside the range that is shown. */
const outside = 0.01;

/**
 * The distribution of a layer's pre-activations and its activation, separately for each period or, if there are many, for units
 * of neighboring periods.
 *
 * @param z [examples, columns], row by row.
 * @param periods the period of each column, 0 for one that has none, if there are periods.
 * @param activate the layer's activation, for values like z.
 */
export function layerInside(
  z: Float32Array,
  units: number,
  periods: Float32Array | undefined,
  activate: (z: Float32Array) => Float32Array,
): LayerInside {
  const limit = magnitudeOfAllBut(outside, z);
  const shown = periods && fewPeriods(periods);
  const groups = new Map<number | undefined, { first: number; units: number; counts: Float32Array }>();
  const groupOf = Array.from({ length: units }, (_, unit) => {
    const period = shown?.[unit];
    const group = groups.get(period) ?? { first: unit, units: 0, counts: new Float32Array(bins) };
    group.units++;
    groups.set(period, group);
    return group;
  });
  for (let i = 0; i < z.length; i++) {
    const bin = Math.floor(((z[i] + limit) / (2 * limit)) * bins);
    if (bin >= 0 && bin < bins) groupOf[i % units].counts[bin]++;
  }
  const examples = z.length / units;
  const place = (point: number) => limit * ((2 * point) / (points - 1) - 1);
  const y = activate(new Float32Array(points * units).map((_, i) => place(Math.floor(i / units))));
  const outputs = y.length / points;
  const densities = [...groups].map(
    ([period, { first, units: count, counts }]): PreActivations => ({
      period: period || undefined,
      units: count,
      density: counts.map((each) => each / (count * examples)),
      curve: new Float32Array(points).map((_, point) => y[point * outputs + first]),
    }),
  );
  return { limit, groups: densities.sort((a, b) => (a.period ?? 0) - (b.period ?? 0)) };
}

/** What happens in each hidden layer of a network for some images. */
export function layersInside(model: HarmonicMLP, images: Tensor2D): LayerInside[] {
  const layers: LayerInside[] = [];
  tidy(() => {
    let h = images;
    for (const { layer, norm } of model.hidden) {
      const isBefore = model.config.norm === 'before';
      const affine = layer.preActivations(h);
      const z = isBefore && norm !== undefined ? norm.apply(affine) : affine;
      const activate = (values: Float32Array) =>
        layer.activate(tensor2d(values, [values.length / z.shape[1], z.shape[1]])).dataSync<'float32'>();
      layers.push(layerInside(z.dataSync<'float32'>(), z.shape[1], layer.periods, activate));
      const y = layer.activate(z);
      h = isBefore || norm === undefined ? y : norm.apply(y);
    }
  });
  return layers;
}

/** The periods, where many different ones are replaced by the middle one of groups of about equal size. */
function fewPeriods(periods: Float32Array): Float32Array {
  if (new Set(periods).size <= mostGroups) return periods;
  const sorted = periods.filter((period) => period > 0).sort();
  const groupOf = (period: number) => {
    const place = sorted.findIndex((each) => each >= period);
    return Math.floor((place / sorted.length) * mostGroups);
  };
  const middles = Array.from(
    { length: mostGroups },
    (_, group) => sorted[Math.floor(((group + 0.5) / mostGroups) * sorted.length)],
  );
  return periods.map((period) => (period === 0 ? 0 : middles[groupOf(period)]));
}

/** The magnitude that only the given fraction of values exceeds, rounded up to two digits so that axes do not flicker. */
function magnitudeOfAllBut(fraction: number, values: Float32Array): number {
  const sizes = values.map(Math.abs).sort();
  const found = sizes[Math.floor((1 - fraction) * (sizes.length - 1))];
  if (!(found > 0 && Number.isFinite(found))) return 1;
  const unit = 10 ** (Math.floor(Math.log10(found)) - 1);
  return Math.ceil(found / unit) * unit;
}
