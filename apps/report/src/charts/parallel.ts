import type { ParallelAxis, ParallelChart } from './chart';
import { formatOn } from './format';
import { logLimits, tooltip, tooltipText } from './parts';
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
      right: isNarrow ? 116 : 80,
      top: 44,
      bottom: 24,
      parallelAxisDefault: {
        nameLocation: 'end' as const,
        nameGap: 14,
        nameTextStyle: { color: theme.text, fontSize: 12, width: 100, overflow: 'break' as const },
        axisLine: { lineStyle: { color: theme.soft } },
        axisTick: { lineStyle: { color: theme.soft } },
      },
    },
    parallelAxis: axes.map((axis, dim) =>
      parallelAxis(
        axis,
        dim,
        lines.map(({ values }) => values[dim]),
        theme,
      ),
    ),
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

function parallelAxis(axis: ParallelAxis, dim: number, values: readonly (number | null)[], theme: Theme) {
  const label = {
    color: theme.text,
    fontSize: 11,
    hideOverlap: true,
    // Lines cross them.
    backgroundColor: theme.background,
    padding: [1, 3],
    borderRadius: 3,
  };
  const common = { dim, name: axis.title, z: 5 };
  if (axis.names)
    return {
      ...common,
      type: 'category',
      data: [...axis.names],
      axisLabel: label,
      axisTick: { alignWithLabel: true },
    };
  const axisLabel = { ...label, formatter: (value: number) => formatOn(axis, value) };
  if (axis.scale !== 'log') return { ...common, type: 'value', scale: true, axisLabel };
  const { min, max, ticks } = logLimits(values.filter((value) => value !== null));
  return { ...common, type: 'log', min, max, axisTick: ticks, axisLabel: { ...axisLabel, ...ticks } };
}
