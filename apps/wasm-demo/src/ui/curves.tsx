import { isMade } from '../dataset';
import { accuracy } from '../measure';
import type { Session } from '../session';
import { Chart, type Series } from './chart';
import { activationTitle, short } from './format';
import { Panel } from './panel';

export function Curves({ session }: { session: Session }) {
  const networks = session.networks.value;
  const measure = networks[0]?.measure.value ?? accuracy;
  const { isError } = measure;
  const ofMade = isMade(session.data.value.dataset);
  const seriesOf = (kind: 'loss' | 'value'): Series[] =>
    networks.flatMap(({ number, curves }) => {
      const { training, test } = curves.value;
      const color = `--network-${number}`;
      return [
        { x: training.x, y: training[kind], color, faint: true },
        { x: test.x, y: test[kind], color },
      ];
    });
  const now = networks
    .map(({ activation, value }) => `${activationTitle(activation.value)} ${measure.format(value.value)}`)
    .join(', ');
  const legend = (
    <ul class="legend">
      {networks.map(({ number, activation }) => (
        <li key={number} class={`network-${number}`}>
          <span class="swatch" aria-hidden="true" />
          {activationTitle(activation.value)}
        </li>
      ))}
      <li>
        <span class="line" aria-hidden="true" /> test {ofMade ? 'examples' : 'images'}
      </li>
      <li>
        <span class="line dashed" aria-hidden="true" /> while training
      </li>
    </ul>
  );
  const values = seriesOf('value');
  const losses = seriesOf('loss');
  return (
    <div class="pair">
      <Panel id={measure.name} title={measure.title} aside={legend} about={aboutValue(isError, ofMade)}>
        {isError ? (
          <ErrorChart
            series={values}
            label={`Root mean squared error over epochs; on test examples now: ${now}.`}
          />
        ) : (
          <Chart
            series={values}
            label={`Accuracy over epochs, in percent; on test ${ofMade ? 'examples' : 'images'} now: ${now}.`}
            range={accuracyRange}
            format={(value) => `${Number((100 * value).toFixed(1))}%`}
          />
        )}
      </Panel>
      <Panel id="loss" title="Loss" aside={legend} about={aboutLoss(isError, ofMade)}>
        {isError ? (
          <ErrorChart series={losses} label="Loss over epochs." />
        ) : (
          <Chart
            series={losses}
            label="Loss over epochs, in nats."
            range={lossRange}
            format={(value) => value.toFixed(2)}
          />
        )}
      </Panel>
    </div>
  );
}

function aboutValue(isError: boolean, ofMade: boolean): string {
  if (isError)
    return 'The root mean squared error, in the units of the targets: how far off the network is. The dashed line is smoothed over about 25 steps.';
  if (ofMade)
    return 'The percentage of examples classified correctly. The dashed line is smoothed over about 25 steps.';
  return 'The percentage of images classified correctly. During training, dropout omits units, so the dashed line, smoothed over about 25 steps, can be the lower one.';
}

function aboutLoss(isError: boolean, ofMade: boolean): string {
  if (isError)
    return 'What is minimized: the error of targets that are scaled to have the variance 1. Always answering their mean costs 1 if it is squared.';
  return `The cross-entropy, in nats: how surprised the network is by the right answer. Guessing costs ${ofMade ? 'ln 2 = 0.69' : 'ln 10 = 2.30'}.`;
}

/** Errors, on a logarithmic axis if they span more than a decade. */
function ErrorChart({ series, label }: { series: Series[]; label: string }) {
  const [least, most] = extremes(series);
  const isLog = most > 10 * least;
  return (
    <Chart
      series={isLog ? series.map(({ y, ...rest }) => ({ ...rest, y: y.map(positive) })) : series}
      label={isLog ? `${label} The axis is logarithmic.` : label}
      range={isLog ? decades : fromZero}
      isLog={isLog}
      format={short}
    />
  );
}

/** The logarithmic axis has no place for an error of 0. */
const positive = (value: number | null): number | null => (value !== null && value > 0 ? value : null);

/** The smallest positive value and the largest. */
function extremes(series: Series[]): [number, number] {
  let [least, most] = [Number.POSITIVE_INFINITY, 0];
  for (const { y } of series) {
    for (const value of y) {
      if (value === null || !(value > 0)) continue;
      if (value < least) least = value;
      if (value > most) most = value;
    }
  }
  return [least, most];
}

function decades(series: Series[]): [number, number] {
  const [least, most] = extremes(series);
  return [10 ** Math.floor(Math.log10(least)), 10 ** Math.ceil(Math.log10(most))];
}

function fromZero(series: Series[]): [number, number] {
  const [, most] = extremes(series);
  return [0, most > 0 ? 1.1 * most : 1];
}

const newest = (values: (number | null)[]) => values.slice(-1).map((value) => value ?? Number.NaN);

/** The better the worst curve currently is, the closer the view. */
function accuracyRange(series: Series[]): [number, number] {
  const worst = Math.min(...series.flatMap(({ y }) => newest(y)));
  return [[0.9, 0.8, 0.5].find((bottom) => worst > bottom + 0.02 && worst <= 1) ?? 0, 1];
}

/** Based on the second half of the curves, in which the first steps no longer matter. */
function lossRange(series: Series[]): [number, number] {
  let worst = 0;
  for (const { y } of series) {
    for (let i = Math.floor(y.length / 2); i < y.length; i++) worst = Math.max(worst, y[i] ?? 0);
  }
  return [0, worst > 0 ? 1.2 * worst : 2.5];
}
