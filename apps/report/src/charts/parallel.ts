import type { ParallelChart } from './chart';
import { formatOn } from './format';
import { tooltip, tooltipText } from './parts';
import { between, type Theme } from './theme';

export function parallelOption({ axes, lines, goal }: ParallelChart, theme: Theme, width: number) {
  const last = axes.length - 1;
  const scores = lines.flatMap(({ values }) => values[last] ?? []);
  const [least, most] = [Math.min(...scores), Math.max(...scores)];
  const shareOf = (score: number | null) => {
    if (score === null || most === least) return 0.5;
    const share = (score - least) / (most - least);
    return goal === 'maximize' ? share : 1 - share;
  };
  const isNarrow = width < 560;
  const textOf = (axis: number, value: number | null) =>
    value === null ? '–' : (axes[axis].names?.[value] ?? formatOn(axes[axis], value));
  return {
    parallel: {
      layout: isNarrow ? ('vertical' as const) : ('horizontal' as const),
      left: isNarrow ? 30 : 60,
      right: isNarrow ? 90 : 80,
      top: 44,
      bottom: 24,
      parallelAxisDefault: {
        nameLocation: 'end' as const,
        nameGap: 14,
        nameTextStyle: { color: theme.text, fontSize: 12 },
        axisLine: { lineStyle: { color: theme.soft } },
        axisTick: { lineStyle: { color: theme.soft } },
      },
    },
    parallelAxis: axes.map((axis, dim) => ({
      dim,
      name: axis.title,
      type: axis.names ? 'category' : axis.scale === 'log' ? 'log' : 'value',
      ...(axis.names ? { data: [...axis.names] } : { scale: true }),
      axisLabel: {
        color: theme.soft,
        fontSize: 11,
        hideOverlap: true,
        ...(axis.names === undefined && { formatter: (value: number) => formatOn(axis, value) }),
      },
    })),
    tooltip: {
      ...tooltip(theme),
      trigger: 'item',
      formatter: ({ name, value }: { name: string; value: (number | null)[] }) =>
        tooltipText(
          name,
          value.map((each, axis) => [axes[axis].title, textOf(axis, each)]),
        ),
    },
    series: [
      {
        type: 'parallel',
        smooth: false,
        progressive: 0,
        emphasis: { lineStyle: { width: 4, opacity: 1 } },
        inactiveOpacity: 0.05,
        data: lines.map(({ name, values, isBest }) => ({
          name,
          value: [...values],
          lineStyle: {
            color: isBest ? theme.best : between(theme.ramp, shareOf(values[last])),
            width: isBest ? 4 : 2,
            opacity: isBest ? 1 : 0.75,
          },
        })),
      },
    ],
  };
}
