import type { Chart } from './chart';

/** The height of a chart of a width, in pixels. */
export function heightOf(chart: Chart, width: number): number {
  switch (chart.kind) {
    case 'matrix':
      return Math.min(width, 560);
    case 'parallel':
      return width < 560 ? Math.max(320, 90 * chart.axes.length) : 380;
    default:
      return Math.max(240, Math.min(360, Math.round(0.55 * width)));
  }
}
