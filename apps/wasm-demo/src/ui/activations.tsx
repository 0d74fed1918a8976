import { isMade } from '../dataset';
import type { Session } from '../session';
import type { LayerInside, PreActivations } from '../worker/protocol';
import { chosenNetwork } from './chosen-network';
import { activationTitle, count, short } from './format';
import { NetworkChoice } from './network-choice';
import { Panel } from './panel';

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
          The line is a unit’s output for its pre-activation z = x·W + b; if units differ, thin lines are
          those of others. The hills behind it show where z falls for{' '}
          {isMade(session.data.value.dataset) ? 'up to 500 test examples' : '500 test images'}, over all units
          with that period; their width is two standard deviations, in waves. If the hills stay within a
          fraction of a wave, a unit is nearly linear; if they span several waves, it folds distant inputs
          together.
        </>
      }
    >
      {layers.length === 0 && (
        <p class="empty">
          {network?.inspection.value?.test === undefined
            ? isMade(session.data.value.dataset)
              ? 'No network yet.'
              : 'The test images have not arrived yet.'
            : 'This network has no hidden layers.'}
        </p>
      )}
      {layers.map((layer, i) => (
        <div key={i}>
          <h3>
            Hidden layer {i + 1}
            <small>
              {' '}
              z from {short(-layer.limit)} to {short(layer.limit)}
            </small>
          </h3>
          <ul class="activations">
            {layer.groups.map((group, place) => (
              <li key={place}>
                <Wave group={group} layer={layer} name={nameOf(group, layer, activation)} />
              </li>
            ))}
          </ul>
        </div>
      ))}
    </Panel>
  );
}

/** "p = 3", "p = 2 to 2.5", or the activation of units without a period. */
function nameOf({ periods }: PreActivations, { groups }: LayerInside, activation: string): string {
  if (periods !== undefined) return `p = ${[...new Set(periods.map(short))].join(' to ')}`;
  return groups.some((group) => group.periods !== undefined) ? 'no period' : activationTitle(activation);
}

function Wave({
  group: { periods, units, density, curves },
  layer: { limit },
  name,
}: {
  group: PreActivations;
  layer: LayerInside;
  name: string;
}) {
  const sizes = curves.flatMap((curve) => Array.from(curve, Math.abs)).filter(Number.isFinite);
  const largest = sizes.reduce((a, b) => Math.max(a, b), 1e-6) * 1.08;
  const y = (value: number) => (height / 2) * (1 - value / largest);
  const pathOf = (values: Float32Array) => {
    const across = width / (values.length - 1);
    let isDown = false;
    let path = '';
    for (const [i, value] of values.entries()) {
      // Some activations overflow far from 0.
      if (Number.isFinite(value)) path += `${isDown ? 'L' : 'M'}${short(i * across)} ${y(value).toFixed(1)}`;
      isDown = Number.isFinite(value);
    }
    return path;
  };
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
  const waves = periods === undefined ? '' : `, ${short((4 * spread) / (periods[0] + periods[1]))} waves`;
  return (
    <figure>
      <svg
        viewBox={`0 0 ${width} ${height}`}
        role="img"
        aria-label={`${name}: z has mean ${short(mean)} and standard deviation ${short(spread)}; ${(100 * outside).toFixed(1)}% lie outside.`}
      >
        <path class="hills" d={`M0 ${height}${hills}V${height}Z`} />
        <path class="axis" d={`M0 ${height / 2}H${width}M${width / 2} 0V${height}`} />
        {curves.slice(1).map((curve, i) => (
          <path key={i} class="wave other" d={pathOf(curve)} />
        ))}
        <path class="wave" d={pathOf(curves[0])} />
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
