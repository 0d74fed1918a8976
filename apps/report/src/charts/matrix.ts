import type { MatrixChart } from './chart';
import { escaped, tooltip } from './parts';
import type { Theme } from './theme';

/** Narrower cells have no numbers. */
const leastCell = 26;

export function matrixOption({ rows, columns, counts }: MatrixChart, theme: Theme, width: number) {
  const sums = counts.map((row) => row.reduce((a, b) => a + b, 0));
  // Shares of a row, so that classes with few examples are as visible as others; diagonal cells would hide all others.
  const shareOf = (row: number, column: number) => counts[row][column] / Math.max(1, sums[row]);
  const strength = (row: number, column: number) => Math.sqrt(shareOf(row, column));
  const category = (names: readonly string[], title: string, gap: number) => ({
    type: 'category' as const,
    data: [...names],
    name: title,
    nameLocation: 'middle' as const,
    nameGap: gap,
    nameTextStyle: { color: theme.soft, fontSize: 12 },
    axisLine: { show: false },
    axisTick: { show: false },
    axisLabel: { color: theme.soft, fontSize: 11, interval: 0, hideOverlap: true },
    splitArea: { show: false },
  });
  const hasNumbers = (width - 90) / columns.names.length >= leastCell;
  return {
    grid: { left: 4, right: 4, top: 8, bottom: 4, outerBoundsMode: 'same' },
    xAxis: {
      ...category(columns.names, columns.title, 28),
      ...(columns.names.some((name) => name.length > 3) && {
        axisLabel: { color: theme.soft, fontSize: 11, interval: 0, rotate: 45 },
        nameGap: 60,
      }),
    },
    yAxis: { ...category(rows.names, rows.title, 14), inverse: true },
    tooltip: {
      ...tooltip(theme),
      formatter: ({ value: [column, row, count] }: { value: [number, number, number] }) =>
        `${escaped(rows.title)} <b>${escaped(rows.names[row])}</b>, ${escaped(columns.title.toLowerCase())} <b>${escaped(columns.names[column])}</b><br>${count.toLocaleString('en')} of ${sums[row].toLocaleString('en')} (${(100 * shareOf(row, column)).toFixed(1)}%)`,
    },
    visualMap: {
      show: false,
      min: 0,
      max: 1,
      dimension: 3,
      inRange: { color: [theme.background, ...theme.ramp] },
    },
    series: [
      {
        type: 'heatmap',
        data: counts.flatMap((row, i) => row.map((count, j) => [j, i, count, strength(i, j)])),
        label: {
          show: hasNumbers,
          fontSize: 11,
          formatter: ({ value }: { value: number[] }) => (value[2] === 0 ? '' : String(value[2])),
        },
        itemStyle: { borderColor: theme.line, borderWidth: 1 },
        emphasis: { itemStyle: { borderColor: theme.best, borderWidth: 2 } },
        encode: { x: 0, y: 1, value: 3 },
      },
    ],
  };
}
