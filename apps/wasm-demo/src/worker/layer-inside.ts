import { add, div, sub, type Tensor2D, tensor2d, tidy } from '@tensorflow/tfjs-core';
import type { HarmonicMLP } from 'harmonic-mlp';
import { currentPeriods } from './current-periods';
import type { LayerInside, PreActivations } from './protocol';

const bins = 64;
/** The number of intervals of a curve. */
const intervals = 220;
/** Each interval has this many points where the activation does not look smooth without them. */
const finePoints = 8;
/** The largest number of groups of units that are told apart. */
const mostGroups = 8;
/** The largest number of curves in a group. */
const mostCurves = 5;
/** The maximum fraction of the values outside the range that is shown. */
const outside = 0.01;

/** A layer's activation, for rows of pre-activations, [rows, columns]. */
type Activate = (z: Float32Array) => Float32Array;

/**
 * The distribution of a layer's pre-activations and its activation, separately for units of each period or, if there are many
 * periods, of neighboring ones, and for units without a period.
 *
 * @param z [examples, columns], row by row.
 * @param periods the period of each column, 0 for one that has none, if there are periods.
 */
export function layerInside(
  z: Float32Array,
  columns: number,
  periods: Float32Array | undefined,
  activate: Activate,
): LayerInside {
  const limit = magnitudeOfAllBut(outside, z);
  const examples = z.length / columns;
  const counts = new Float32Array(columns * bins);
  for (let i = 0; i < z.length; i++) {
    const bin = Math.floor(((z[i] + limit) / (2 * limit)) * bins);
    if (bin >= 0 && bin < bins) counts[(i % columns) * bins + bin]++;
  }
  const curves = curvesOf(activate, columns, limit);
  const columnOf = columnsOfUnits(activate, columns, curves.length, limit);
  const units = curves.map((curve, unit): Unit => {
    const column = columnOf[unit];
    return { curve, look: lookOf(curve), column, period: periods?.[column] ?? 0 };
  });
  const groups = groupsOf(units).map((group): PreActivations => {
    const density = new Float32Array(bins);
    for (const { column } of group)
      for (let bin = 0; bin < bins; bin++) density[bin] += counts[column * bins + bin];
    const [shortest, longest] = [group[0], group[group.length - 1]].map(({ period }) => period);
    return {
      periods: shortest === 0 ? undefined : [shortest, longest],
      units: group.length,
      density: density.map((each) => each / (group.length * examples)),
      curves: differentCurves(group),
    };
  });
  return { limit, groups };
}

interface Unit {
  curve: Float32Array;
  /** A text that is the same for curves that look the same. */
  look: string;
  column: number;
  /** 0 if it has none. */
  period: number;
}

/** What happens in each hidden layer of a network for some inputs. */
export function layersInside(model: HarmonicMLP, inputs: Tensor2D): LayerInside[] {
  const layers: LayerInside[] = [];
  const { norm: place, skipConnections } = model.config;
  tidy(() => {
    let h = encoded(model, inputs);
    for (const { layer, norm } of model.hidden) {
      const isBefore = place === 'before';
      const affine = layer.preActivations(h);
      const z = isBefore && norm !== undefined ? norm.apply(affine) : affine;
      const columns = z.shape[1];
      const activate = (values: Float32Array) =>
        tidy(() =>
          layer.activate(tensor2d(values, [values.length / columns, columns])).dataSync<'float32'>(),
        );
      layers.push(layerInside(z.dataSync<'float32'>(), columns, currentPeriods(layer), activate));
      const activated = layer.activate(z);
      const y = isBefore || norm === undefined ? activated : norm.apply(activated);
      h = skipConnections && y.shape[1] === h.shape[1] ? add(y, h) : y;
    }
  });
  return layers;
}

/** What the first layer of a network sees of its inputs. */
function encoded({ inputUnits, fourierFeatures }: HarmonicMLP, inputs: Tensor2D): Tensor2D {
  const { mean, deviation } = inputUnits?.tensors ?? {};
  const scaled = mean && deviation ? div<Tensor2D>(sub(inputs, mean), deviation) : inputs;
  return fourierFeatures?.apply(scaled) ?? scaled;
}

/** The curve of each unit. */
function curvesOf(activate: Activate, columns: number, limit: number): Float32Array[] {
  const sample = (points: number) => {
    const z = new Float32Array(points * columns).map(
      (_, i) => limit * ((2 * Math.floor(i / columns)) / (points - 1) - 1),
    );
    const y = activate(z);
    const units = y.length / points;
    return Array.from({ length: units }, (_, unit) =>
      new Float32Array(points).map((_, point) => y[point * units + unit]),
    );
  };
  const curves = sample(intervals + 1);
  if (curves.every(isSmooth)) return curves;
  return sample(intervals * finePoints + 1).map(extremes);
}

/** Whether straight lines between the points come close to a curve. */
function isSmooth(curve: Float32Array): boolean {
  let largest = 0;
  let bend = 0;
  for (let i = 1; i < curve.length - 1; i++) {
    largest = Math.max(largest, Math.abs(curve[i]));
    bend = Math.max(bend, Math.abs(curve[i] - (curve[i - 1] + curve[i + 1]) / 2));
  }
  return !(bend > 0.1 * largest);
}

/** The smallest and the largest value of each interval, in their order, and the last value. */
function extremes(curve: Float32Array): Float32Array {
  const ends = new Float32Array(2 * intervals + 1);
  for (let interval = 0; interval < intervals; interval++) {
    const values = curve.subarray(interval * finePoints, (interval + 1) * finePoints);
    let [least, most] = [0, 0];
    for (let i = 1; i < finePoints; i++) {
      if (values[i] < values[least]) least = i;
      if (values[i] > values[most]) most = i;
    }
    ends[2 * interval] = values[Math.min(least, most)];
    ends[2 * interval + 1] = values[Math.max(least, most)];
  }
  ends[2 * intervals] = curve[curve.length - 1];
  return ends;
}

/**
 * The column whose pre-activation each unit has. Where there are not as many columns as units, some share one, which shows in how
 * they answer to rows that have one value where a bit of the column's number is 1, and another value elsewhere.
 */
function columnsOfUnits(activate: Activate, columns: number, units: number, limit: number): number[] {
  if (columns === units) return Array.from({ length: units }, (_, unit) => unit);
  const bits = Math.ceil(Math.log2(columns));
  const rows = new Float32Array((bits + 1) * columns).map((_, i) => {
    const bit = Math.floor(i / columns);
    const isOne = bit < bits && (((i % columns) >> bit) & 1) === 1;
    return limit * (isOne ? 0.317 : 0.071);
  });
  const y = activate(rows);
  const usual = y.subarray(bits * units);
  return Array.from({ length: units }, (_, unit) => {
    let column = 0;
    for (let bit = 0; bit < bits; bit++) if (y[bit * units + unit] !== usual[unit]) column |= 1 << bit;
    return Math.min(column, columns - 1);
  });
}

/**
 * Units of one period or, where there are many, of neighboring periods in groups of about equal size; before these, units without
 * a period, separately for each curve if there are few.
 */
function groupsOf(units: readonly Unit[]): Unit[][] {
  const without = grouped(
    units.filter(({ period }) => period === 0),
    ({ look }) => look,
  );
  const sorted = units.filter(({ period }) => period > 0).sort((a, b) => a.period - b.period);
  const byPeriod = grouped(sorted, ({ period }) => period);
  const isFew = byPeriod.length <= mostGroups;
  return [
    ...(without.length > mostGroups ? [without.flat()] : without),
    ...(isFew
      ? byPeriod
      : grouped(sorted, ({ period }) => {
          const place = sorted.findIndex((each) => each.period >= period);
          return Math.floor((place / sorted.length) * mostGroups);
        })),
  ];
}

function grouped<T>(items: readonly T[], keyOf: (item: T) => unknown): T[][] {
  const groups = new Map<unknown, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return [...groups.values()];
}

/** The curves of a group that look different: first that of the unit in the middle, then some of the others. */
function differentCurves(group: readonly Unit[]): Float32Array[] {
  const middle = group[Math.floor(group.length / 2)];
  const others = grouped(group, ({ look }) => look)
    .map(([first]) => first)
    .filter(({ look }) => look !== middle.look);
  const most = mostCurves - 1;
  const shown =
    others.length <= most
      ? others
      : Array.from({ length: most }, (_, i) => others[Math.round((i * (others.length - 1)) / (most - 1))]);
  return [middle, ...shown].map(({ curve }) => curve);
}

function lookOf(curve: Float32Array): string {
  const largest = curve.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const samples = Array.from({ length: 21 }, (_, i) => curve[Math.round((i * (curve.length - 1)) / 20)]);
  const shape = samples.map((value) => Math.round((100 * value) / (largest || 1)));
  return `${largest.toPrecision(2)}: ${shape}`;
}

/** The magnitude that only the given fraction of values exceeds, rounded up to two digits so that axes do not flicker. */
function magnitudeOfAllBut(fraction: number, values: Float32Array): number {
  const sizes = values.map(Math.abs).sort();
  const found = sizes[Math.floor((1 - fraction) * (sizes.length - 1))];
  if (!(found > 0 && Number.isFinite(found))) return 1;
  const unit = 10 ** (Math.floor(Math.log10(found)) - 1);
  return Math.ceil(found / unit) * unit;
}
