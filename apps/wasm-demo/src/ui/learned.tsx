import type { MadeDataset } from 'harmonic-mlp/made-data';
import { useMemo } from 'preact/hooks';
import { madeExamples } from '../dataset';
import type { Network } from '../network';
import type { Session } from '../session';
import { inputsThroughout, mapSide } from '../throughout';
import { activationTitle, short } from './format';
import { Panel } from './panel';
import { type Draw, Picture } from './picture';
import { ticksOf } from './ticks';

/** Examples for training, as they are drawn. */
interface Points {
  inputs: Float32Array;
  targets: Float32Array;
}

/** What the networks answer throughout the inputs of a made data set, and the examples that they learn from. */
export function Learned({ session, made }: { session: Session; made: MadeDataset }) {
  const data = session.data.value;
  const points = useMemo(() => madeExamples(made, data, 'train'), [made, data]);
  const isLine = made.inputSize === 1;
  const legend = isLine ? (
    <ul class="legend">
      <li>
        <span class="dot" style={{ '--class': 'var(--example)' }} aria-hidden="true" />
        training examples
      </li>
      <li>
        <span class="line" aria-hidden="true" /> network
      </li>
    </ul>
  ) : (
    <ul class="legend">
      {[0, 1].map((each) => (
        <li key={each}>
          <span
            class={each === 1 ? 'dot square' : 'dot'}
            style={{ '--class': `var(--class-${each})` }}
            aria-hidden="true"
          />
          training examples of class {each}
        </li>
      ))}
    </ul>
  );
  return (
    <Panel
      id="learned"
      title="What the network has learned"
      aside={legend}
      about={
        isLine
          ? `The data set ${made.name}, ${made.summary}: the line is the network’s answer for each x from −1 to 1, also between the examples.`
          : `The data set ${made.name}, ${made.summary}: the color is the class that the network gives each place from −1 to 1; the paler, the less sure it is.`
      }
    >
      <div class="learned">
        {session.networks.value.map((network) => (
          <figure key={network.number} class={`network-${network.number} ${isLine ? 'line-plot' : 'map'}`}>
            {isLine ? (
              <Line network={network} points={points} />
            ) : (
              <ClassMap network={network} points={points} />
            )}
            <figcaption>
              <b>{activationTitle(network.activation.value)}</b> {resultOf(network)}
            </figcaption>
          </figure>
        ))}
      </div>
    </Panel>
  );
}

function resultOf({ measure, value }: Network): string {
  const { isError, format } = measure.value;
  return isError ? `RMSE ${format(value.value)}` : `${format(value.value)} of test examples correct`;
}

function Line({ network, points }: { network: Network; points: Points }) {
  const answers = network.inspection.value?.answers;
  const draw = useMemo(
    () => lineOf(points, answers, `--network-${network.number}`),
    [points, answers, network.number],
  );
  const label = `The answers of the ${activationTitle(network.activation.value)} network for x from −1 to 1, over ${points.targets.length} training examples: ${resultOf(network)}.`;
  return <Picture draw={draw} label={label} />;
}

function ClassMap({ network, points }: { network: Network; points: Points }) {
  const answers = network.inspection.value?.answers;
  const draw = useMemo(() => mapOf(points, answers), [points, answers]);
  const label = `A map of the classes that the ${activationTitle(network.activation.value)} network gives the places of a square, over ${points.targets.length} training examples: ${resultOf(network)}.`;
  return <Picture draw={draw} label={label} />;
}

/** Room for the numbers at the axes. */
const margin = { left: 34, right: 10, top: 10, bottom: 22 };

/** Examples of a function as dots, and the answers of a network as a line. */
function lineOf({ inputs, targets }: Points, answers: Float32Array | undefined, color: string): Draw {
  // A file may have more than can be the arguments of one call.
  const [least, most] = [Math.min, Math.max].map((end) => targets.reduce((a, b) => end(a, b)));
  const room = 0.12 * (most - least || 1);
  const [bottom, top] = [least - room, most + room];
  return (context, { width, height }, style) => {
    const x = (value: number) => margin.left + ((value + 1) / 2) * (width - margin.left - margin.right);
    const y = (value: number) =>
      margin.top + ((top - value) / (top - bottom)) * (height - margin.top - margin.bottom);
    context.strokeStyle = style('--line');
    context.fillStyle = style('--soft');
    context.lineWidth = 1;
    context.font = '11px system-ui, sans-serif';
    context.textAlign = 'center';
    for (const tick of [-1, -0.5, 0, 0.5, 1]) {
      line(context, [x(tick), margin.top], [x(tick), height - margin.bottom]);
      context.fillText(shown(tick), Math.min(x(tick), width - 8), height - 7);
    }
    context.textAlign = 'right';
    for (const tick of ticksOf(bottom, top)) {
      line(context, [margin.left, y(tick)], [width - margin.right, y(tick)]);
      context.fillText(shown(tick), margin.left - 5, y(tick) + 4);
    }
    context.fillStyle = style('--example');
    for (let i = 0; i < targets.length; i++) {
      context.beginPath();
      context.arc(x(inputs[i]), y(targets[i]), 2, 0, 2 * Math.PI);
      context.fill();
    }
    if (answers === undefined) return;
    const places = inputsThroughout(1);
    context.save();
    context.beginPath();
    context.rect(
      margin.left,
      margin.top,
      width - margin.left - margin.right,
      height - margin.top - margin.bottom,
    );
    context.clip();
    context.strokeStyle = style(color);
    context.lineWidth = 2;
    context.lineJoin = 'round';
    context.beginPath();
    answers.forEach((answer, i) => {
      context.lineTo(x(places[i]), y(answer));
    });
    context.stroke();
    context.restore();
  };
}

/** Examples of two classes as dots and squares, over the colors of the classes that a network gives. */
function mapOf({ inputs, targets }: Points, answers: Float32Array | undefined): Draw {
  return (context, { width, height }, style) => {
    const colors = [style('--class-0'), style('--class-1')];
    if (answers !== undefined) {
      const map = document.createElement('canvas');
      map.width = map.height = mapSide;
      map.getContext('2d')!.putImageData(imageOf(answers, colors), 0, 0);
      context.drawImage(map, 0, 0, width, height);
    }
    context.lineWidth = 1;
    context.strokeStyle = style('--panel');
    const size = Math.max(2, width / 130);
    for (let i = 0; i < targets.length; i++) {
      const x = ((inputs[2 * i] + 1) / 2) * width;
      const y = ((1 - inputs[2 * i + 1]) / 2) * height;
      context.fillStyle = colors[targets[i]];
      context.beginPath();
      if (targets[i] === 1) context.rect(x - size, y - size, 2 * size, 2 * size);
      else context.arc(x, y, 1.1 * size, 0, 2 * Math.PI);
      context.fill();
      context.stroke();
    }
  };
}

/** How opaque the color of a certain class is. */
const opacity = 0.55;

/** The probabilities of class 1 as an image of the colors of the classes, in hexadecimal. */
function imageOf(probabilities: Float32Array, colors: string[]): ImageData {
  const image = new ImageData(mapSide, mapSide);
  const channels = colors.map((color) => [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16)));
  for (const [i, p] of probabilities.entries()) {
    const [red, green, blue] = channels[p > 0.5 ? 1 : 0];
    image.data.set([red, green, blue, 255 * opacity * Math.abs(2 * p - 1)], 4 * i);
  }
  return image;
}

function line(context: CanvasRenderingContext2D, [x0, y0]: number[], [x1, y1]: number[]): void {
  context.beginPath();
  context.moveTo(x0, y0);
  context.lineTo(x1, y1);
  context.stroke();
}

const shown = (value: number): string => short(value).replace('-', '−');
