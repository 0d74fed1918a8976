import { output } from './output';

/** One line of a plot. */
export interface Series {
  /** Its name in the legend; default: none. */
  name?: string;
  /** In the order in which they are joined; one that is not finite, or that has no logarithm on such an axis, leaves a gap. */
  points: readonly (readonly [x: number, y: number])[];
}

/** An axis of a plot. */
export interface Axis {
  title: string;
  /** Default: `linear`. */
  scale?: 'linear' | 'log';
  /** Whether only integers have ticks, as for epochs; default: false. */
  integer?: boolean;
  /** The text of a tick; default: the number, as short as it is exact. */
  text?(value: number): string;
}

/** What a plot looks like. */
export interface PlotOptions {
  x: Axis;
  y: Axis;
  /** Places on the x axis with a vertical line, such as the learning rate that is suggested. */
  marks?: readonly { x: number; name: string }[];
  /** In characters; default: what fits the terminal, at most 100. */
  width?: number;
  /** The number of lines between the y axis' title and the x axis; default: 14. */
  height?: number;
  /** Whether lines have colors, in addition to characters of their own; default: as standard output has. */
  colors?: typeof output.colors;
}

/** What each series is drawn with; more than six share them. */
const symbols = ['•', '+', 'x', 'o', '*', '#'];
const inks = ['cyan', 'yellow', 'magenta', 'green', 'blue', 'red'] as const;
const markSymbol = '┊';

/** The least columns and lines for the lines themselves. */
const least = { columns: 10, lines: 3 };

/** A value's place on an axis, and the values that have a label there. */
interface Scale {
  /** From 0 to 1 within the axis; NaN for what has no place. */
  place(value: number): number;
  ticks(most: number): number[];
  text(value: number): string;
}

/**
 * Draws lines of characters over an x and a y axis, each linear or logarithmic; each series has its own character, and a color
 * where the terminal has colors.
 *
 * @returns the lines of the plot, without a last line break; '' when there is no point to draw.
 */
export function terminalPlot(series: readonly Series[], options: PlotOptions): string {
  const { marks = [], height = 14, colors = output.colors } = options;
  const width = options.width ?? Math.min(output.width - 1, 100);
  const drawn = series
    .flatMap(({ points }) => points)
    .map(([x, y]) => [scaled(options.x, x), scaled(options.y, y)])
    .filter((point) => point.every(Number.isFinite));
  if (drawn.length === 0) return '';
  const marked = marks.map(({ x }) => scaled(options.x, x)).filter(Number.isFinite);
  const x = scaleOf(options.x, [...drawn.map(([x]) => x), ...marked]);
  const y = scaleOf(
    options.y,
    drawn.map(([, y]) => y),
  );

  const lines = Math.max(least.lines, height);
  const labels = new Map(
    y.ticks(Math.ceil(lines / 3)).map((tick) => [rowOf(y.place(tick), lines), y.text(tick)]),
  );
  const margin = Math.max(...[...labels.values()].map((label) => label.length), 0);
  const columns = Math.max(least.columns, width - margin - 2);
  const canvas = new Canvas(columns, lines);
  for (const [i, { x: at }] of marks.entries()) canvas.column(x.place(at), -1 - i);
  // The first is drawn last, above the others.
  for (const [i, { points }] of [...series.entries()].reverse()) {
    canvas.path(
      points.map(([px, py]) => [x.place(px), y.place(py)]),
      i,
    );
  }

  const inked = (i: number, text: string) => (i < 0 ? colors.dim(text) : colors[inks[i % inks.length]](text));
  const symbolOf = (i: number) => (i < 0 ? markSymbol : symbols[i % symbols.length]);
  const legend = [
    ...series.map(({ name }, i) => [i, name] as const),
    ...marks.map(({ name }, i) => [-1 - i, name] as const),
  ].flatMap(([i, name]) => (name === undefined ? [] : [`${inked(i, symbolOf(i))} ${cut(name, width - 2)}`]));
  return [
    cut(options.y.title, width),
    ...canvas.rows().map((row, line) => {
      const label = labels.get(line);
      const axis = `${(label ?? '').padStart(margin)} ${label === undefined ? '│' : '┤'}`;
      const runs = row.map(({ ink, length }) =>
        ink === undefined ? ' '.repeat(length) : inked(ink, symbolOf(ink).repeat(length)),
      );
      return `${axis}${runs.join('')}`.trimEnd();
    }),
    ...xAxis(x, columns, margin + 2),
    cut(options.x.title, width).padStart(Math.min(width, margin + 2 + columns)),
    ...legend,
  ].join('\n');
}

/** The ends of a text that is too long for its place are left out. */
const cut = (text: string, width: number) =>
  text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;

const scaled = ({ scale }: Axis, value: number) => (scale === 'log' ? Math.log10(value) : value);

/** The line, counted from the top, of a place from 0 to 1. */
const rowOf = (place: number, lines: number) => lines - 1 - Math.round(place * (lines - 1));

/** The axis with its ticks, and their labels below it. */
function xAxis(scale: Scale, columns: number, margin: number): string[] {
  const axis = Array.from({ length: columns }, () => '─');
  let labels = '';
  for (const tick of scale.ticks(Math.max(2, Math.floor(columns / 8)))) {
    const column = Math.round(scale.place(tick) * (columns - 1));
    axis[column] = '┬';
    const text = scale.text(tick);
    const start = Math.min(
      margin + column - Math.floor((text.length - 1) / 2),
      margin + columns - text.length,
    );
    if (start >= 0 && (labels === '' || start > labels.length)) labels = labels.padEnd(start) + text;
  }
  return [`${' '.repeat(margin - 1)}└${axis.join('')}`, labels];
}

/** @param values the values on the axis, as they are scaled. */
function scaleOf(axis: Axis, values: readonly number[]): Scale {
  let [from, to] = [Infinity, -Infinity];
  for (const value of values) [from, to] = [Math.min(from, value), Math.max(to, value)];
  if (from === to) {
    const room = axis.scale === 'log' || axis.integer || from === 0 ? 0.5 : Math.abs(from) / 2;
    [from, to] = [from - room, to + room];
  }
  const isLog = axis.scale === 'log';
  return {
    place: (value) => (scaled(axis, value) - from) / (to - from),
    ticks(most) {
      const found = isLog ? logTicks(from, to, most) : linearTicks(from, to, most, axis.integer ? 1 : 0);
      return found.filter((tick) => {
        const place = this.place(tick);
        return place > -1e-9 && place < 1 + 1e-9;
      });
    },
    text: axis.text ?? shortNumber,
  };
}

/** Multiples of 1, 2 or 5 times a power of ten, at most as many as asked for. */
function linearTicks(from: number, to: number, most: number, leastStep = 0): number[] {
  const power = 10 ** Math.floor(Math.log10((to - from) / most));
  const step =
    [1, 2, 5, 10, 20]
      .map((factor) => factor * power)
      .find((step) => step >= leastStep && (to - from) / step <= most) ?? leastStep;
  const first = Math.ceil(from / step - 1e-9);
  const last = Math.floor(to / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/** Powers of ten; where there are fewer than two, also 2 and 5 times these; where there are few of them either, as on a linear axis. */
function logTicks(from: number, to: number, most: number): number[] {
  const step = Math.max(1, Math.ceil((to - from) / most));
  const powers: number[] = [];
  for (let power = Math.ceil(from / step - 1e-9) * step; power <= to + 1e-9; power += step)
    powers.push(power);
  if (powers.length >= 2) return powers.map((power) => Number(`1e${power}`));
  const finer: number[] = [];
  for (let power = Math.floor(from); power <= to; power++) {
    for (const digit of [1, 2, 5]) finer.push(Number(`${digit}e${power}`));
  }
  const within = finer.filter((tick) => Math.log10(tick) >= from - 1e-9 && Math.log10(tick) <= to + 1e-9);
  return within.length >= 2 ? within : linearTicks(10 ** from, 10 ** to, most);
}

/** A number in few characters, such as 0.01, 1e-4 or 20000. */
function shortNumber(value: number): string {
  const exact = Number(value.toPrecision(12));
  const size = Math.abs(exact);
  return size !== 0 && (size < 1e-3 || size >= 1e5)
    ? exact.toExponential().replace('e+', 'e')
    : String(exact);
}

/** Characters next to each other with the same ink, or without any. */
interface Run {
  ink: number | undefined;
  length: number;
}

/** A rectangle of characters, each drawn with the number of an ink or empty; places are from 0 to 1, from the left and the bottom. */
class Canvas {
  readonly #columns: number;
  readonly #lines: number;
  readonly #cells: (number | undefined)[];

  constructor(columns: number, lines: number) {
    this.#columns = columns;
    this.#lines = lines;
    this.#cells = new Array(columns * lines).fill(undefined);
  }

  /** A vertical line; nothing for a place that is not finite. */
  column(place: number, ink: number): void {
    if (!Number.isFinite(place)) return;
    const column = Math.round(place * (this.#columns - 1));
    for (let line = 0; line < this.#lines; line++) this.#cells[line * this.#columns + column] = ink;
  }

  /** Joins points by straight lines; one that is not finite interrupts them. */
  path(points: readonly (readonly [number, number])[], ink: number): void {
    let before: readonly [number, number] | undefined;
    for (const [x, y] of points) {
      if (!Number.isFinite(x) || !Number.isFinite(y)) {
        before = undefined;
        continue;
      }
      const point = [Math.round(x * (this.#columns - 1)), rowOf(y, this.#lines)] as const;
      this.#line(before ?? point, point, ink);
      before = point;
    }
  }

  #line([x, y]: readonly [number, number], [toX, toY]: readonly [number, number], ink: number): void {
    const steps = Math.max(Math.abs(toX - x), Math.abs(toY - y), 1);
    for (let step = 0; step <= steps; step++) {
      const column = Math.round(x + ((toX - x) * step) / steps);
      const line = Math.round(y + ((toY - y) * step) / steps);
      this.#cells[line * this.#columns + column] = ink;
    }
  }

  rows(): Run[][] {
    return Array.from({ length: this.#lines }, (_, line) => {
      const runs: Run[] = [];
      for (const ink of this.#cells.slice(line * this.#columns, (line + 1) * this.#columns)) {
        if (runs.at(-1)?.ink === ink && runs.length > 0) runs.at(-1)!.length++;
        else runs.push({ ink, length: 1 });
      }
      return runs;
    });
  }
}
