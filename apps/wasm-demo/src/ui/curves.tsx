import type { Session } from '../session';
import { Chart, type Series } from './chart';
import { activationTitle, percent } from './format';
import { Panel } from './panel';

export function Curves({ session }: { session: Session }) {
  const networks = session.networks.value;
  const seriesOf = (measure: 'loss' | 'accuracy'): Series[] =>
    networks.flatMap(({ number, curves }) => {
      const { training, test } = curves.value;
      const color = `--network-${number}`;
      return [
        { x: training.x, y: training[measure], color, faint: true },
        { x: test.x, y: test[measure], color },
      ];
    });
  const now = networks
    .map(({ activation, accuracy }) => `${activationTitle(activation.value)} ${percent(accuracy.value)}`)
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
        <span class="line" aria-hidden="true" /> test images
      </li>
      <li>
        <span class="line dashed" aria-hidden="true" /> while training
      </li>
    </ul>
  );
  return (
    <div class="pair">
      <Panel
        id="accuracy"
        title="Accuracy"
        aside={legend}
        about="The percentage of images classified correctly. During training, dropout omits units, so the dashed line, smoothed over about 25 steps, can be the lower one."
      >
        <Chart
          series={seriesOf('accuracy')}
          label={`Accuracy over epochs, in percent; on test images now: ${now}.`}
          range={accuracyRange}
          format={(value) => `${Number((100 * value).toFixed(1))}%`}
        />
      </Panel>
      <Panel
        id="loss"
        title="Loss"
        aside={legend}
        about="The cross-entropy, in nats: how surprised the network is by the right answer. Guessing costs ln 10 = 2.30."
      >
        <Chart
          series={seriesOf('loss')}
          label="Loss over epochs, in nats."
          range={lossRange}
          format={(value) => value.toFixed(2)}
        />
      </Panel>
    </div>
  );
}

const newest = (values: number[]) => values.slice(-1);

/** The better the worst curve currently is, the closer the view. */
function accuracyRange(series: Series[]): [number, number] {
  const worst = Math.min(...series.flatMap(({ y }) => newest(y)));
  return [[0.9, 0.8, 0.5].find((bottom) => worst > bottom + 0.02 && worst <= 1) ?? 0, 1];
}

/** Based on the second half of the curves, in which the first steps no longer matter. */
function lossRange(series: Series[]): [number, number] {
  let worst = 0;
  for (const { y } of series) {
    for (let i = Math.floor(y.length / 2); i < y.length; i++) if (y[i] > worst) worst = y[i];
  }
  return [0, worst > 0 ? 1.2 * worst : 2.5];
}
