import type { CustomSeriesRenderItemAPI, CustomSeriesRenderItemParams } from 'echarts';
import type { Axis, ScoreChart } from './chart';
import { formatOn } from './format';
import { extentOf, grid, logLimits, tooltip, tooltipText, valueAxis } from './parts';
import type { Theme } from './theme';

/** Half the width of the ends of an interval, in pixels. */
const cap = 4;

export function scoresOption({ x, y, points }: ScoreChart, theme: Theme) {
  const colorOf = (isBest: boolean) => (isBest ? theme.best : theme.palette[0]);
  return {
    grid,
    xAxis: xAxisOf(
      x,
      points.map((point) => point.x),
      theme,
    ),
    yAxis: valueAxis(y, 'y', theme),
    tooltip: {
      ...tooltip(theme),
      trigger: 'item',
      formatter: ({ dataIndex }: { dataIndex: number }) => {
        const { name, x: at, mean, margin, scores } = points[dataIndex];
        return tooltipText(name, [
          [x.title, formatOn(x, at)],
          ['mean', `${formatOn(y, mean)}${margin === undefined ? '' : ` ± ${formatOn(y, margin)}`}`],
          ...(scores.length > 1
            ? [['seeds', scores.map((score) => formatOn(y, score)).join(', ')] as const]
            : []),
        ]);
      },
    },
    series: [
      {
        type: 'custom',
        name: 'seeds and intervals',
        silent: true,
        clip: true,
        // The extents of the y axis include the ends of the intervals and the seeds.
        encode: { x: 0, y: [1, 2, 3, 4] },
        data: points.map(({ x: at, mean, margin = 0, scores }) => [
          at,
          mean - margin,
          mean + margin,
          Math.min(mean, ...scores),
          Math.max(mean, ...scores),
        ]),
        renderItem(params: CustomSeriesRenderItemParams, api: CustomSeriesRenderItemAPI) {
          const { x: at, mean, margin = 0, scores, isBest } = points[params.dataIndex];
          const color = colorOf(isBest);
          const [[left, top], [, bottom]] = [api.coord([at, mean + margin]), api.coord([at, mean - margin])];
          const line = (x1: number, y1: number, x2: number, y2: number) => ({
            type: 'line' as const,
            shape: { x1, y1, x2, y2 },
            style: { stroke: color, lineWidth: isBest ? 2 : 1.5 },
          });
          return {
            type: 'group' as const,
            children: [
              ...(margin > 0
                ? [
                    line(left, top, left, bottom),
                    line(left - cap, top, left + cap, top),
                    line(left - cap, bottom, left + cap, bottom),
                  ]
                : []),
              ...(scores.length > 1 ? scores : []).map((score) => {
                const [cx, cy] = api.coord([at, score]);
                return {
                  type: 'circle' as const,
                  shape: { cx, cy, r: 2.5 },
                  style: { fill: 'none', stroke: color, opacity: 0.7 },
                };
              }),
            ],
          };
        },
      },
      {
        type: 'scatter',
        name: 'mean',
        data: points.map(({ x: at, mean, isBest }) => ({
          value: [at, mean],
          symbol: isBest ? 'diamond' : 'circle',
          symbolSize: isBest ? 13 : 9,
          itemStyle: { color: colorOf(isBest) },
        })),
        emphasis: { scale: 1.4 },
      },
    ],
  };
}

function xAxisOf(axis: Axis, values: readonly number[], theme: Theme) {
  const common = valueAxis(axis, 'x', theme);
  if (axis.scale !== 'log') {
    const [least, most] = extentOf(values);
    const margin = 0.04 * (most - least);
    // The ends are no round numbers.
    const axisLabel = { ...common.axisLabel, showMinLabel: false, showMaxLabel: false };
    return { ...common, min: least - margin, max: most + margin, axisLabel };
  }
  const { min, max, ticks } = logLimits(values, 0.04);
  return {
    ...common,
    min,
    max,
    axisTick: { ...common.axisTick, ...ticks },
    axisLabel: { ...common.axisLabel, ...ticks },
  };
}
