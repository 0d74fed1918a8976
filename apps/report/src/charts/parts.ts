import type { Axis } from './chart';
import { formatOn } from './format';
import type { Theme } from './theme';

/** The space around the plot of two axes. */
export const grid = { left: 4, right: 20, top: 12, bottom: 4, outerBoundsMode: 'same' } as const;

/** An axis of numbers, with its title: below the x axis, or above the y axis. */
export function valueAxis(axis: Axis, side: 'x' | 'y', theme: Theme) {
  const { title, scale = 'linear', integer, max } = axis;
  return {
    type: scale === 'log' ? ('log' as const) : ('value' as const),
    scale: true,
    max,
    name: title,
    nameLocation: 'middle' as const,
    nameGap: side === 'x' ? 28 : 12,
    nameTextStyle: { color: theme.soft, fontSize: 12 },
    ...(integer && { minInterval: 1 }),
    axisLine: { show: side === 'x', onZero: false, lineStyle: { color: theme.soft } },
    axisTick: { show: side === 'x', lineStyle: { color: theme.soft } },
    axisLabel: {
      color: theme.soft,
      fontSize: 11,
      hideOverlap: true,
      formatter: (value: number) => formatOn(axis, value),
    },
    splitLine: { show: side === 'y', lineStyle: { color: theme.line } },
  };
}

/**
 * The ticks of a logarithmic axis between two values: powers of ten or, over about three of them or less, also twice and five times
 * these.
 */
export function logTicks(least: number, most: number): number[] {
  const [first, last] = [Math.floor(Math.log10(least)), Math.ceil(Math.log10(most))];
  const factors = most / least < 1500 ? [1, 2, 5] : [1];
  const all = Array.from({ length: last - first + 1 }, (_, i) =>
    factors.map((factor) => Number(`${factor}e${first + i}`)),
  );
  // Rounding must not lose a tick at the end.
  return all.flat().filter((tick) => tick >= least * 0.9999 && tick <= most * 1.0001);
}

/** The least and the greatest of some numbers. */
export const extentOf = (values: readonly number[]): [least: number, most: number] =>
  values.reduce(
    ([least, most], value) => [Math.min(least, value), Math.max(most, value)],
    [Infinity, -Infinity],
  );

/** What limits a logarithmic axis to its values, with a margin; ECharts would go on to the next powers of ten. */
export function logLimits(values: readonly number[], margin = 0) {
  const [least, most] = extentOf(values);
  const beyond = (most / least) ** margin;
  const [min, max] = [least / beyond, most * beyond];
  const ticks = { customValues: logTicks(min, max) };
  return { min, max, ticks };
}

/** The look of what the pointer shows. */
export const tooltip = (theme: Theme) => ({
  backgroundColor: theme.background,
  borderColor: theme.line,
  textStyle: { color: theme.text, fontSize: 12 },
  confine: true,
  transitionDuration: 0,
});

/** Text in the HTML of a tooltip. */
export const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** A title with rows of names and values, in the HTML of a tooltip. */
export const tooltipText = (
  title: string,
  rows: readonly (readonly [name: string, value: string, color?: string])[],
) =>
  [
    `<b>${escaped(title)}</b>`,
    ...rows.map(([name, value, color]) => {
      const dot = color === undefined ? '' : `<span style="color:${escaped(color)}">●</span> `;
      return `${dot}${escaped(name)} <b style="float:right;margin-left:1.2em">${escaped(value)}</b>`;
    }),
  ].join('<br>');
