import { useSignal } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Session } from '../session';
import type { KernelImages } from '../worker/protocol';
import { chosenNetwork } from './chosen-network';
import { count, short } from './format';
import { NetworkChoice } from './network-choice';
import { Panel } from './panel';
import { Scroll } from './scroll';

const side = 28;
const gap = 2;

export function Kernels({ session }: { session: Session }) {
  const inspection = chosenNetwork(session)?.inspection.value;
  const images = inspection?.kernels;
  return (
    <Panel
      id="kernels"
      title="First-layer kernels"
      aside={<NetworkChoice session={session} />}
      about={
        <>
          What each unit of the first layer looks for, sorted by period: ink on <b class="positive">blue</b>{' '}
          pixels raises its z, and ink on <b class="negative">orange</b> pixels lowers it. Each image is
          scaled to the unit’s largest weight. {groupsOf(images)}
        </>
      }
    >
      {images === undefined ? (
        <p class="empty">
          {inspection === undefined
            ? 'No network yet.'
            : 'The first layer does not see the pixels, but Fourier features of them.'}
        </p>
      ) : (
        <Images images={images} />
      )}
    </Panel>
  );
}

/** "p = 1, 2, 3, 4: 1 unit each; p = 5: 508 units." */
function groupsOf(images: KernelImages | undefined): string {
  if (images === undefined) return '';
  if (images.units.length < images.total)
    return `${count(images.units.length)} of ${count(images.total)} are shown.`;
  if (images.units[0].period === undefined) return '';
  const units = new Map<number, number>();
  for (const { period } of images.units) units.set(period!, (units.get(period!) ?? 0) + 1);
  const runs: { periods: number[]; units: number }[] = [];
  for (const [period, number] of units) {
    const last = runs.at(-1);
    if (last?.units === number) last.periods.push(period);
    else runs.push({ periods: [period], units: number });
  }
  const texts = runs.map(({ periods, units }) => {
    const shown =
      periods.length > 4
        ? `${short(periods[0])} to ${short(periods.at(-1)!)}`
        : periods.map(short).join(', ');
    return `p = ${shown}: ${count(units)} ${units === 1 ? 'unit' : 'units'}${periods.length > 1 ? ' each' : ''}`;
  });
  return `${texts.join('; ')}.`;
}

function Images({ images }: { images: KernelImages }) {
  const place = useRef<HTMLElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [columns, setColumns] = useState(0);
  const [isDark, setDark] = useState(false);
  const pointed = useSignal<string | undefined>(undefined);
  const { units, weights } = images;
  const scale = units.length <= 72 ? 2 : 1;

  useEffect(() => {
    // The reference may be gone by the time the observer reports.
    const element = place.current!;
    const measure = () => setColumns(Math.max(1, Math.floor(element.clientWidth / (scale * (side + gap)))));
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    measure();
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    const follow = () => setDark(scheme.matches);
    scheme.addEventListener('change', follow);
    follow();
    return () => {
      observer.disconnect();
      scheme.removeEventListener('change', follow);
    };
  }, [scale]);

  const perRow = Math.max(1, Math.min(columns, units.length));
  const rows = Math.ceil(units.length / perRow);
  useEffect(() => {
    if (columns === 0) return;
    const context = canvas.current!.getContext('2d')!;
    context.putImageData(paint(weights, units.length, perRow, rows, isDark), 0, 0);
  }, [weights, perRow, rows, isDark, columns]);

  const point = (event: PointerEvent) => {
    const tile = scale * (side + gap);
    const place = Math.floor(event.offsetY / tile) * perRow + Math.floor(event.offsetX / tile);
    const found = event.offsetX < perRow * tile ? units[place] : undefined;
    pointed.value =
      found && `unit ${found.unit}${found.period === undefined ? '' : `, p = ${short(found.period)}`}`;
  };
  return (
    <>
      <Scroll label="Images of kernels" class="kernels" place={place}>
        <canvas
          ref={canvas}
          width={perRow * (side + gap)}
          height={rows * (side + gap)}
          style={{ width: `${scale * perRow * (side + gap)}px` }}
          role="img"
          aria-label={`${count(units.length)} images of 28 × 28 weights, one for each unit of the first layer, by period.`}
          onPointerMove={point}
          onPointerLeave={() => {
            pointed.value = undefined;
          }}
        />
      </Scroll>
      <p class="pointed" aria-hidden="true">
        {pointed.value ?? 'Point to an image to see which unit it is.'}
      </p>
    </>
  );
}

/** Blue for positive weights, orange for negative ones, and the paper's color for zero. */
function paint(weights: Int8Array, units: number, perRow: number, rows: number, isDark: boolean): ImageData {
  const paper = isDark ? [27, 32, 39] : [247, 248, 250];
  const [positive, negative] = isDark
    ? [
        [111, 178, 255],
        [255, 169, 92],
      ]
    : [
        [11, 83, 178],
        [194, 78, 0],
      ];
  const colors = new Uint32Array(256);
  const bytes = new Uint8Array(4);
  const word = new Uint32Array(bytes.buffer);
  for (let weight = -128; weight < 128; weight++) {
    const ink = weight > 0 ? positive : negative;
    const strength = Math.min(1, Math.abs(weight) / 127);
    for (let c = 0; c < 3; c++) bytes[c] = Math.round(paper[c] + strength * (ink[c] - paper[c]));
    bytes[3] = 255;
    colors[weight & 255] = word[0];
  }
  const width = perRow * (side + gap);
  const image = new ImageData(width, rows * (side + gap));
  const pixels = new Uint32Array(image.data.buffer);
  for (let place = 0; place < units; place++) {
    const left = (place % perRow) * (side + gap);
    const top = Math.floor(place / perRow) * (side + gap);
    for (let y = 0; y < side; y++) {
      const from = place * side * side + y * side;
      const to = (top + y) * width + left;
      for (let x = 0; x < side; x++) pixels[to + x] = colors[weights[from + x] & 255];
    }
  }
  return image;
}
