import type { Session } from '../session';
import { Chart, type Series } from './chart';
import { activationNames, percent } from './format';
import { Panel } from './panel';

export function Curves({ session }: { session: Session }) {
  const networks = session.networks.value;
  const seriesOf = (measure: 'loss' | 'accuracy'): Series[] =>
    networks.flatMap(({ number, curves }) => {
      const { training, test } = curves.value;
      const colour = `--network-${number}`;
      return [
        { x: training.x, y: training[measure], colour, faint: true },
        { x: test.x, y: test[measure], colour },
      ];
    });
  const newest = networks
    .map(({ activation, accuracy }) => `${activationNames[activation.value]} ${percent(accuracy.value)}`)
    .join(', ');
  const legend = (
    <ul class="legend">
      {networks.map(({ number, activation }) => (
        <li key={number} class={`network-${number}`}>
          <span class="swatch" aria-hidden="true" />
          {activationNames[activation.value]}
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
        about="The images that are classified right, in percent. While training, dropout leaves units out, so the dashed line can be the lower one."
      >
        <Chart
          series={seriesOf('accuracy')}
          label={`Accuracy over epochs, in percent; on test images now: ${newest}.`}
          range={accuracyRange}
          format={(value) => `${Number((100 * value).toFixed(1))} %`}
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

/** Once a network is good, the differences are in the last percents. */
function accuracyRange(series: Series[]): [number, number] {
  const best = Math.max(0, ...series.flatMap(({ y }) => y.slice(-1)));
  if (best > 0.94) return [0.9, 1];
  return best > 0.88 ? [0.8, 1] : [0, 1];
}

function lossRange(series: Series[]): [number, number] {
  const later = series.flatMap(({ x, y }) => y.filter((_, i) => i >= y.length / 2 || x[i] > 0.15));
  const worst = Math.max(...later, 0.1);
  return [0, Math.min(2.5, 1.15 * worst)];
}
