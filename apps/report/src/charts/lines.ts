import type { LineChart, Series } from './chart';
import { formatOn } from './format';
import { extentOf, grid, logLimits, tooltip, tooltipText, valueAxis } from './parts';
import type { Theme } from './theme';

const symbols = ['circle', 'rect', 'triangle', 'diamond'] as const;
const dashes = ['solid', 'dashed', 'dotted'] as const;

/** With more points than this, a line has no symbols. */
const mostSymbols = 40;
/** The widest entry of a legend, in pixels; longer ones are cut. */
const longestName = 260;

/** With more lines than this, there is no legend. */
const mostNamed = 12;

interface Hovered {
  seriesName: string;
  color: string;
  value: [number, number | null];
}

export function linesOption(chart: LineChart, theme: Theme, width: number) {
  const { x, y, series, marks = [], hover = 'all' } = chart;
  const named = series.filter(({ weight }) => weight !== 'faint');
  const hasLegend = hover === 'all' && named.length > 1 && named.length <= mostNamed;
  const names = named.map(({ name }) => name);
  return {
    grid: { ...grid, top: (hasLegend ? legendHeight(names, width) : grid.top) + (marks.length > 0 ? 40 : 0) },
    xAxis: xAxisOf(chart, theme),
    yAxis: valueAxis(y, 'y', theme),
    legend: hasLegend
      ? {
          type: 'plain',
          top: 4,
          left: 'center',
          data: names,
          textStyle: { color: theme.text, fontSize: 12, width: longestName, overflow: 'truncate' },
          tooltip: { show: false },
          inactiveColor: theme.line,
          itemWidth: 28,
        }
      : undefined,
    tooltip:
      hover === 'all'
        ? {
            ...tooltip(theme),
            trigger: 'axis',
            axisPointer: { lineStyle: { color: theme.soft } },
            formatter: (all: Hovered[]) =>
              tooltipText(
                `${x.title} ${formatOn(x, all[0].value[0])}`,
                all
                  .filter(({ value }) => value[1] != null)
                  .map(({ seriesName, value, color }) => [seriesName, formatOn(y, value[1]!), color]),
              ),
          }
        : {
            ...tooltip(theme),
            trigger: 'item',
            formatter: ({ seriesName, value, color }: Hovered) =>
              tooltipText(seriesName, [
                [x.title, formatOn(x, value[0])],
                [y.title, formatOn(y, value[1]!), color],
              ]),
          },
    series: series.map((each, i) => ({
      ...seriesOption(each, i, theme, hover === 'one'),
      ...(i === 0 && marks.length > 0 && { markLine: markLine(marks, theme) }),
    })),
  };
}

function seriesOption(series: Series, place: number, theme: Theme, isAlone: boolean) {
  const { name, x, y, look = 'solid', weight, color: given = place } = series;
  const { palette } = theme;
  const color = weight === 'strong' ? theme.best : palette[given % palette.length];
  const data = y.map((value, i) => [x?.[i] ?? i + 1, value]);
  const common = { name, data, color, z: weight === 'strong' ? 4 : weight === 'faint' ? 2 : 3 };
  if (look === 'points') {
    return { ...common, type: 'scatter', symbolSize: 5, itemStyle: { opacity: 0.55 }, silent: false };
  }
  const isFaint = weight === 'faint';
  return {
    ...common,
    type: 'line',
    showSymbol: isAlone || y.length <= mostSymbols,
    symbol: symbols[(weight === undefined ? given : 0) % symbols.length],
    symbolSize: isAlone ? 9 : 6,
    // Where there are many lines, their symbols are only there to be pointed at.
    itemStyle: { opacity: isAlone ? 0 : 1 },
    lineStyle: {
      width: weight === 'strong' ? 3 : isFaint ? 1 : 2,
      opacity: isFaint ? 0.4 : 1,
      type: look === 'dashed' ? 'dashed' : dashes[Math.floor(given / palette.length) % dashes.length],
    },
    triggerLineEvent: isAlone,
    emphasis: isAlone
      ? { focus: 'series', lineStyle: { width: 3, opacity: 1 }, itemStyle: { opacity: 1 } }
      : { disabled: true },
    blur: { lineStyle: { opacity: 0.15 } },
  };
}

const markLine = (marks: NonNullable<LineChart['marks']>, theme: Theme) => ({
  symbol: 'none',
  silent: true,
  precision: 20, // The default rounds places to two decimals.
  lineStyle: { color: theme.soft, type: 'dashed' as const },
  label: { color: theme.text, fontSize: 11, formatter: ({ name }: { name: string }) => name },
  data: marks.map(({ name, x }, i) => ({ name, xAxis: x, label: { distance: 2 + 13 * (i % 3) } })),
});

/** An axis from the first to the last place, since ECharts would round to numbers beyond them. */
function xAxisOf({ x, series }: LineChart, theme: Theme) {
  const common = valueAxis(x, 'x', theme);
  const [least, most] = extentOf(series.flatMap((each) => each.x ?? [1, each.y.length]));
  if (!(least < most)) return x.integer ? { ...common, min: least - 1, max: least + 1 } : common;
  const limits = { min: least, max: most };
  if (x.integer) return { ...common, ...limits };
  if (x.scale !== 'log') {
    // The ends are no round numbers.
    return {
      ...common,
      ...limits,
      axisLabel: { ...common.axisLabel, showMinLabel: false, showMaxLabel: false },
    };
  }
  const { ticks } = logLimits([least, most]);
  return {
    ...common,
    ...limits,
    axisTick: { ...common.axisTick, ...ticks },
    axisLabel: { ...common.axisLabel, ...ticks },
  };
}

/** The height of a legend whose entries fill lines of a width, in pixels; about, since fonts differ. */
function legendHeight(names: readonly string[], width: number): number {
  const widths = names.map(({ length }) => 48 + Math.min(longestName, 7 * length));
  let [rows, left] = [1, width];
  for (const each of widths) {
    if (each > left && left < width) [rows, left] = [rows + 1, width];
    left -= each;
  }
  return 12 + 22 * rows;
}
