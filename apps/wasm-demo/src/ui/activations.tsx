import type { Session } from '../session';
import type { LayerInside, PreActivations } from '../worker/protocol';
import { chosenNetwork } from './chosen-network';
import { activationTitle, count, short } from './format';
import { NetworkChoice } from './network-choice';
import { Panel } from './panel';

/** The maximum number of periods to show for a layer. */
const mostGroups = 12;
const width = 220;
const height = 120;

export function Activations({ session }: { session: Session }) {
  const network = chosenNetwork(session);
  const layers = network?.inspection.value?.layers ?? [];
  const activation = network?.activation.value ?? 'harmonic';
  return (
    <Panel
      id="activations"
      title="Activations"
      aside={<NetworkChoice session={session} />}
      about={
        <>
          The line is a unit’s output for its pre-activation z = x·W + b. The hills behind it show where z
          falls for 500 test images, over all units with that period; their width is two standard deviations,
          in waves. If the hills stay within a fraction of a wave, a unit is nearly linear; if they span
          several waves, it folds distant inputs together.
        </>
      }
    >
      {layers.length === 0 && (
        <p class="empty">
          {network?.inspection.value?.test === undefined
            ? 'The test images have not arrived yet.'
            : 'This network has no hidden layers.'}
        </p>
      )}
      {layers.map((layer, i) => {
        const shown = evenly(layer.groups, mostGroups);
        return (
          <div key={i}>
            <h3>
              Hidden layer {i + 1}
              <small>
                {' '}
                z from {short(-layer.limit)} to {short(layer.limit)}
                {shown.length < layer.groups.length && `, ${shown.length} of ${layer.groups.length} periods`}
              </small>
            </h3>
            <ul class="activations">
              {shown.map((group) => (
                <li key={group.period}>
                  <Wave group={group} layer={layer} activation={activation} />
                </li>
              ))}
            </ul>
          </div>
        );
      })}
    </Panel>
  );
}

function Wave({
  group: { period, units, density, curve: values },
  layer: { limit },
  activation,
}: {
  group: PreActivations;
  layer: LayerInside;
  activation: string;
}) {
  const largest = Math.max(...values.map(Math.abs), 1e-6) * 1.08;
  const across = width / (values.length - 1);
  const y = (value: number) => (height / 2) * (1 - value / largest);
  const curve = Array.from(
    values,
    (value, i) => `${i ? 'L' : 'M'}${short(i * across)} ${y(value).toFixed(1)}`,
  ).join('');
  const highest = Math.max(...density, 1e-6);
  const step = width / density.length;
  const hills = Array.from(
    density,
    (value, i) =>
      `H${(i * step).toFixed(1)}V${(height * (1 - (0.92 * value) / highest)).toFixed(1)}H${((i + 1) * step).toFixed(1)}`,
  ).join('');
  const outside = 1 - density.reduce((sum, value) => sum + value, 0);
  const mean = density.reduce((sum, value, i) => sum + value * binCenter(i, density.length, limit), 0);
  const spread = Math.sqrt(
    density.reduce((sum, value, i) => sum + value * (binCenter(i, density.length, limit) - mean) ** 2, 0),
  );
  const name = period === undefined ? activationTitle(activation) : `p = ${short(period)}`;
  const waves = period === undefined ? '' : `, ${short((2 * spread) / period)} waves`;
  return (
    <figure>
      <svg
        viewBox={`0 0 ${width} ${height}`}
        role="img"
        aria-label={`${name}: z has mean ${short(mean)} and standard deviation ${short(spread)}; ${(100 * outside).toFixed(1)}% lie outside.`}
      >
        <path class="hills" d={`M0 ${height}${hills}V${height}Z`} />
        <path class="axis" d={`M0 ${height / 2}H${width}M${width / 2} 0V${height}`} />
        <path class="wave" d={curve} />
        <text class="tick" x="3" y={height - 4}>
          {short(-limit)}
        </text>
        <text class="tick" x={width - 3} y={height - 4} text-anchor="end">
          z = {short(limit)}
        </text>
      </svg>
      <figcaption>
        <b>{name}</b> {count(units)} {units === 1 ? 'unit' : 'units'}
        {waves}
      </figcaption>
    </figure>
  );
}

const binCenter = (i: number, bins: number, limit: number) => ((2 * i + 1) / bins - 1) * limit;

/** Some of the items, including the first and the last. */
function evenly<T>(items: T[], most: number): T[] {
  if (items.length <= most) return items;
  return Array.from({ length: most }, (_, i) => items[Math.round((i * (items.length - 1)) / (most - 1))]);
}
