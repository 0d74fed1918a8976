import type { AnyRecord, Measure, Scoring } from '@harmonic-mlp/node-trainer';
import type { LineChart, MatrixChart, Series } from '../charts';
import { formatValue } from '../charts';
import type { TestOutcome } from './examine-model';
import type { Run } from './read-run';

const epochs = { title: 'epoch', integer: true } as const;

/** How the values of a metric are written. */
const formatOf = ({ name }: Measure) => (name === 'accuracy' ? 'percent' : 'number');

type Value = (record: AnyRecord) => number | null | undefined;

interface Curve {
  name: string;
  title: string;
  format?: 'percent' | 'number';
  /** Default: as the values require. */
  scale?: 'linear';
  /** Of each of the parts of the data. */
  of: Partial<Record<'training' | 'evaluated', Value>>;
}

/** The curves of a run or several: losses, metrics, and the learning rate. */
export function curvesOf(runs: readonly Run[]): LineChart[] {
  const { scoring } = runs[0];
  return curvesFor(scoring).flatMap((curve) => {
    const series = runs.flatMap((run, i) => seriesOf(run, curve, runs.length > 1 ? i : undefined));
    if (series.length === 0) return [];
    return [
      {
        kind: 'lines' as const,
        name: curve.name,
        title: curve.title,
        description: `${curve.title} by epoch: ${series.map(endsOf(curve)).join('; ')}.`,
        x: epochs,
        y: {
          title: curve.title.toLowerCase().replace('rmse', 'RMSE').replace('r²', 'R²'),
          format: curve.format,
          scale: curve.scale ?? scaleOf(series),
        },
        series,
      },
    ];
  });
}

const curvesFor = ({ measures }: Scoring): Curve[] => [
  {
    name: 'loss',
    title: 'Loss',
    of: { training: ({ trainLoss }) => trainLoss, evaluated: ({ validation }) => validation?.loss },
  },
  ...measures.map(
    (measure): Curve => ({
      name: measure.name,
      title: measure.title[0].toUpperCase() + measure.title.slice(1),
      format: formatOf(measure),
      of: {
        training: (record) =>
          measure.name === 'accuracy' ? record.trainAccuracy : record.trainMetrics?.[measure.name],
        evaluated: ({ validation }) => validation?.[measure.name],
      },
    }),
  ),
  {
    name: 'learning-rate',
    title: 'Learning rate',
    scale: 'linear',
    of: { training: ({ learningRate }) => learningRate },
  },
];

/** Logarithmic, if values fall so far that a linear scale would not show the smaller ones. */
function scaleOf(series: readonly Series[]): 'linear' | 'log' {
  const values = series.flatMap(({ y }) => y.filter((value) => value !== null));
  const [least, most] = values.reduce(
    ([a, b], value) => [Math.min(a, value), Math.max(b, value)],
    [Infinity, 0],
  );
  return least > 0 && most / least > 100 ? 'log' : 'linear';
}

/** @param place the color of the run among several. */
function seriesOf({ name, history, measuredOn }: Run, { of }: Curve, place: number | undefined): Series[] {
  const parts = Object.entries(of).map(([part, value]) => {
    const evaluated = part === 'evaluated';
    const label = Object.keys(of).length === 1 ? '' : evaluated ? measuredOn : 'training';
    return {
      name: place === undefined ? label || name : [name, label].filter(Boolean).join(', '),
      x: history.map(({ epoch }) => epoch),
      y: history.map((record) => value(record) ?? null),
      look: Object.keys(of).length > 1 && !evaluated ? ('dashed' as const) : ('solid' as const),
      color: place ?? (evaluated ? 0 : 1),
    };
  });
  return parts.filter(({ y }) => y.some((value) => value !== null));
}

const endsOf =
  ({ format }: Curve) =>
  ({ name, y }: Series): string => {
    const values = y.filter((value) => value !== null);
    return `${name} from ${formatValue(values[0], format)} to ${formatValue(values.at(-1), format)}`;
  };

/** The confusion matrix of a classification. */
export function confusionChart({
  confusion,
  classNames,
  examples,
  mistaken = 0,
}: TestOutcome): MatrixChart | undefined {
  if (confusion === undefined) return undefined;
  const pairs = confusion.flatMap((row, i) =>
    row.map((count, j) => ({ i, j, count })).filter(({ j }) => j !== i),
  );
  const [worst] = pairs.sort((a, b) => b.count - a.count);
  const often =
    worst === undefined || worst.count === 0
      ? ''
      : ` Most often, ${classNames[worst.i]} is taken for ${classNames[worst.j]}: ${worst.count} times.`;
  return {
    kind: 'matrix',
    name: 'confusion',
    title: 'Confusion matrix',
    description: `Confusion matrix of ${examples.toLocaleString('en')} test examples, of which ${mistaken.toLocaleString('en')} are taken for another class.${often}`,
    rows: { title: 'Class', names: classNames },
    columns: { title: 'Prediction', names: classNames },
    counts: confusion,
  };
}

/** The learned function of a regression on one input. */
export function learnedChart({ learned }: TestOutcome): LineChart | undefined {
  if (learned === undefined) return undefined;
  const { x, y, examples } = learned;
  return {
    kind: 'lines',
    name: 'learned-function',
    title: 'Learned function',
    description: `The function that the model has learned over inputs from ${formatValue(x[0])} to ${formatValue(x.at(-1))}, with ${examples.x.length} test examples.`,
    x: { title: 'input' },
    y: { title: 'output' },
    series: [
      { name: 'test examples', x: examples.x, y: examples.y, look: 'points', color: 1 },
      { name: 'model', x, y, color: 0 },
    ],
  };
}

const suggestionNames: Record<string, string> = {
  steepest: 'steepest',
  minimumTenth: 'minimum / 10',
  valley: 'valley',
};

/** Up to one digit: 6 for 5.3. */
function roundedUp(value: number): number | undefined {
  const digit = 10 ** Math.floor(Math.log10(value));
  return value > 0 ? Math.ceil(value / digit) * digit : undefined;
}

/** The losses of a range test, with the rates that it suggests. */
export function rangeTestChart({ rangeTest }: Run): LineChart | undefined {
  if (rangeTest === undefined || rangeTest.points.length === 0) return undefined;
  const { points, suggestions } = rangeTest;
  const x = points.map(({ learningRate }) => learningRate);
  const marks = Object.entries(suggestions).flatMap(([name, rate]) =>
    typeof rate === 'number'
      ? [{ name: `${suggestionNames[name] ?? name} ${formatValue(rate)}`, x: rate }]
      : [],
  );
  return {
    kind: 'lines',
    name: 'range-test',
    title: 'Learning-rate range test',
    description: `The loss against the learning rate, from ${formatValue(x[0])} to ${formatValue(x.at(-1))}. Suggested rates: ${marks.map(({ name }) => name).join(', ') || 'none'}.`,
    x: { title: 'learning rate', scale: 'log' },
    // The last batches, whose losses explode, would flatten all others.
    y: { title: 'loss', max: roundedUp(Math.max(...points.map(({ smoothed }) => smoothed))) },
    series: [
      { name: 'smoothed loss', x, y: points.map(({ smoothed }) => smoothed), color: 0 },
      { name: 'loss of each batch', x, y: points.map(({ loss }) => loss), look: 'points', color: 1 },
    ],
    marks,
  };
}
