import { type AnyRecord, runSettings } from '@harmonic-mlp/node-trainer';
import { formatSetting } from 'harmonic-mlp/settings';
import {
  type Chart,
  formatValue,
  type LineChart,
  type ParallelAxis,
  type ParallelChart,
  type ScoreChart,
} from '../charts';
import { type Configuration, type Sweep, type SweepAxis, scoreIn } from './read-sweep';

/** With more values than this, an axis has no curve for each. */
const mostValues = 12;

/** How scores of a metric are written. */
export const scoreFormat = (metric: string) => (metric === 'accuracy' ? 'percent' : 'number');

/** The name of a setting for people. */
export const labelOf = (name: string): string =>
  runSettings.find((setting) => setting.name === name)?.label ?? name;

/** Values of axes in a line: "Learning rate 0.001, Hidden layers 512,256". */
export const describeValues = (values: Configuration['values']): string =>
  Object.entries(values)
    .map(([name, value]) => `${labelOf(name)} ${formatSetting(value)}`)
    .join(', ');

/** The charts of a sweep; those for which there are no numbers are left out. */
export function sweepCharts(sweep: Sweep): Record<'overview' | 'axes' | 'curves' | 'byValue', Chart[]> {
  const names = Object.keys(sweep.plan.axes);
  return {
    overview: listed(parallelChart(sweep)),
    axes: names.flatMap((name) => listed(scoreChart(sweep, name))),
    curves: listed(trialCurves(sweep)),
    byValue: names.flatMap((name) => listed(curvesByValue(sweep, name))),
  };
}

const listed = <T>(value: T | undefined): T[] => (value === undefined ? [] : [value]);

/** The name of a metric for people. */
export const titleOf = (metric: string) => (metric === 'rmse' ? 'RMSE' : metric === 'r2' ? 'R²' : metric);

const capitalized = (word: string) => word[0].toUpperCase() + word.slice(1);

const scored = ({ configurations }: Sweep) =>
  configurations.filter((each): each is Configuration & { mean: number } => each.mean !== undefined);

const nameOf = ({ number, state, values }: Configuration) =>
  `c${number}${state === 'complete' ? '' : `, ${state}`}: ${describeValues(values)}`;

function axisOf(name: string, axis: SweepAxis, values: readonly unknown[]): ParallelAxis {
  const title = labelOf(name);
  const numbers = values.filter((value) => typeof value === 'number');
  if (numbers.length === values.length && numbers.length > 0) {
    return { title, scale: isLog(axis, numbers) ? 'log' : 'linear' };
  }
  return { title, names: [...new Set(values.map(formatSetting))] };
}

/** As the range says; a list is one of magnitudes if it spans two of them. */
function isLog(axis: SweepAxis, values: readonly number[]): boolean {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  if (least <= 0) return false;
  return 'from' in axis ? axis.scale === 'log' : most / least >= 50;
}

function parallelChart(sweep: Sweep): ParallelChart | undefined {
  const { plan, best } = sweep;
  const all = scored(sweep);
  const names = Object.keys(plan.axes);
  if (all.length < 2 || names.length === 0) return undefined;
  const axes = names.map((name) =>
    axisOf(
      name,
      plan.axes[name],
      all.map(({ values }) => values[name]).filter((value) => value !== undefined),
    ),
  );
  const format = scoreFormat(plan.metric);
  const valueOn = (axis: ParallelAxis, value: unknown) =>
    value === undefined ? null : axis.names ? axis.names.indexOf(formatSetting(value)) : (value as number);
  return {
    kind: 'parallel',
    name: 'parallel-coordinates',
    title: 'Configurations',
    description: `Parallel coordinates of ${all.length} configurations over ${names.map(labelOf).join(', ')} and the mean ${titleOf(plan.metric)}. The best is ${best === undefined ? 'not known yet' : `c${best.number} with ${formatValue(best.mean, format)}`}.`,
    axes: [...axes, { title: titleOf(plan.metric), format }],
    goal: plan.goal,
    // The best last, above the others.
    lines: [...all].reverse().map((each) => ({
      name: `c${each.number}${each.state === 'complete' ? '' : `, ${each.state}`}`,
      values: [...names.map((name, i) => valueOn(axes[i], each.values[name])), each.mean],
      isBest: each.number === best?.number,
    })),
  };
}

function scoreChart(sweep: Sweep, name: string): ScoreChart | undefined {
  const { plan, best } = sweep;
  const all = scored(sweep).filter(({ values }) => typeof values[name] === 'number');
  const values = all.map((each) => each.values[name] as number);
  if (new Set(values).size < 2) return undefined;
  const { scale } = axisOf(name, plan.axes[name], values);
  const title = `${capitalized(titleOf(plan.metric))} against ${labelOf(name).toLowerCase()}`;
  return {
    kind: 'scores',
    name: `score-by-${kebab(name)}`,
    title,
    description: `${title}: ${all.length} configurations from ${formatValue(Math.min(...values))} to ${formatValue(Math.max(...values))}, with 95% intervals over the seeds of complete ones.${best === undefined || typeof best.values[name] !== 'number' ? '' : ` The best has ${formatValue(best.values[name])}.`}`,
    x: { title: labelOf(name).toLowerCase(), scale },
    y: { title: titleOf(plan.metric), format: scoreFormat(plan.metric) },
    points: [...all].reverse().map((each) => ({
      name: nameOf(each),
      x: each.values[name] as number,
      mean: each.mean,
      // Scores of trials that ended early differ because of that.
      margin: each.state === 'complete' ? each.margin : undefined,
      scores: each.scores,
      isBest: each.number === best?.number,
    })),
  };
}

const kebab = (name: string) => name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** A score to as many digits as a chart can show, since there are many. */
const rounded = (score: number | undefined) => (score === undefined ? null : Number(score.toPrecision(6)));

function trialCurves({ plan, trials, best }: Sweep): LineChart | undefined {
  const shown = trials.filter(({ history }) =>
    history.some((record) => scoreIn(record, plan.metric) !== undefined),
  );
  if (shown.length === 0) return undefined;
  const isBest = (configuration: number) => configuration === best?.number;
  const ordered = [...shown].sort(
    (a, b) => Number(isBest(a.configuration)) - Number(isBest(b.configuration)),
  );
  return {
    kind: 'lines',
    name: 'trials',
    title: best === undefined ? 'All trials' : `All trials, those of c${best.number} thick`,
    description: `The ${titleOf(plan.metric)} of ${shown.length} trials by epoch. Those of the best configuration${best === undefined ? '' : `, c${best.number},`} stand out.`,
    x: { title: 'epoch', integer: true },
    y: { title: titleOf(plan.metric), format: scoreFormat(plan.metric) },
    hover: 'one',
    series: ordered.map(({ id, configuration, state, values, history }) => ({
      name: `${id}${state === 'complete' ? '' : `, ${state}`}: ${describeValues(values)}`,
      x: history.map(({ epoch }) => epoch),
      y: history.map((record) => rounded(scoreIn(record, plan.metric))),
      color: 0,
      look: state === 'complete' ? 'solid' : 'dashed',
      weight: isBest(configuration) ? 'strong' : 'faint',
    })),
  };
}

/** The mean score of each epoch over the complete trials with each value of an axis. */
function curvesByValue({ plan, trials }: Sweep, name: string): LineChart | undefined {
  // From a range, each value is drawn once.
  if ('from' in plan.axes[name]) return undefined;
  // Trials that ended early would leave means of the others.
  const shown = trials.filter(
    ({ values, history, state }) => values[name] !== undefined && history.length > 0 && state === 'complete',
  );
  const texts = [...new Set(shown.map(({ values }) => formatSetting(values[name])))].sort(byNumber);
  if (texts.length < 2 || texts.length > mostValues) return undefined;
  const label = labelOf(name);
  return {
    kind: 'lines',
    name: `epochs-by-${kebab(name)}`,
    title: `${capitalized(titleOf(plan.metric))} for each ${label.toLowerCase()}`,
    description: `The mean ${titleOf(plan.metric)} by epoch over all complete trials with each value of ${label.toLowerCase()}: ${texts.join(', ')}.`,
    x: { title: 'epoch', integer: true },
    y: { title: titleOf(plan.metric), format: scoreFormat(plan.metric) },
    series: texts.map((text) => {
      const own = shown.filter(({ values }) => formatSetting(values[name]) === text);
      return {
        name: text,
        y: meanByEpoch(
          own.map(({ history }) => history),
          plan.metric,
        ),
      };
    }),
  };
}

const byNumber = (a: string, b: string) => Number(a) - Number(b) || (a < b ? -1 : 1);

function meanByEpoch(histories: readonly (readonly AnyRecord[])[], metric: string): (number | null)[] {
  const longest = Math.max(...histories.map(({ length }) => length));
  return Array.from({ length: longest }, (_, i) => {
    const scores = histories.flatMap((history) => {
      const record = history.find(({ epoch }) => epoch === i + 1);
      return record === undefined ? [] : (scoreIn(record, metric) ?? []);
    });
    return scores.length === 0 ? null : rounded(scores.reduce((a, b) => a + b, 0) / scores.length)!;
  });
}
