/** How the values of an axis are written: a fraction as a percentage, or a number. */
export type Format = 'percent' | 'number';

/** An axis of numbers. */
export interface Axis {
  title: string;
  /** Default: linear. */
  scale?: 'linear' | 'log';
  /** Default: number. */
  format?: Format;
  /** Whether values between integers mean nothing, as of epochs. */
  integer?: boolean;
  /** Greater values are not drawn. Default: all are. */
  max?: number;
}

/** The parts of a chart that all kinds have. */
interface Common {
  /** The name of its file, in kebab case. */
  name: string;
  title: string;
  /** What it shows, for readers who do not see it. */
  description: string;
}

/** A line, or points, of a {@link LineChart}. */
export interface Series {
  name: string;
  /** Default: 1, 2, 3, …. */
  x?: readonly number[];
  /** A missing value leaves a gap. */
  y: readonly (number | null)[];
  /** Default: a solid line. */
  look?: 'solid' | 'dashed' | 'points';
  /** The place of its color in the palette; default: its own place. */
  color?: number;
  /** Whether it stands out among others or behind them. */
  weight?: 'strong' | 'faint';
}

/** Lines over a common axis. */
export interface LineChart extends Common {
  kind: 'lines';
  x: Axis;
  y: Axis;
  series: readonly Series[];
  /** Places on the x axis to point out. */
  marks?: readonly { name: string; x: number }[];
  /** What the pointer shows: all lines at its place, or, where there are too many, the nearest one. Default: all. */
  hover?: 'all' | 'one';
}

/** Counts of pairs, as a confusion matrix has them. */
export interface MatrixChart extends Common {
  kind: 'matrix';
  rows: { title: string; names: readonly string[] };
  columns: { title: string; names: readonly string[] };
  /** [rows][columns]. */
  counts: readonly (readonly number[])[];
}

/** An axis of a {@link ParallelChart}: of numbers, or of names. */
export interface ParallelAxis extends Axis {
  /** If it has names, the values are their places. */
  names?: readonly string[];
}

/** Lines that cross one axis for each dimension; their color follows the last dimension. */
export interface ParallelChart extends Common {
  kind: 'parallel';
  axes: readonly ParallelAxis[];
  lines: readonly { name: string; values: readonly (number | null)[]; isBest: boolean }[];
  /** Whether a greater value of the last dimension is better. */
  goal: 'maximize' | 'minimize';
}

/** Scores against a number, with means and their intervals. */
export interface ScoreChart extends Common {
  kind: 'scores';
  x: Axis;
  y: Axis;
  /** A configuration: its mean, half the width of its interval if it has one, and the score of each seed. */
  points: readonly {
    name: string;
    x: number;
    mean: number;
    margin?: number;
    scores: readonly number[];
    isBest: boolean;
  }[];
}

export type Chart = LineChart | MatrixChart | ParallelChart | ScoreChart;
