import type { EChartsCoreOption } from 'echarts/core';
import type { Chart } from './chart';
import { linesOption } from './lines';
import { matrixOption } from './matrix';
import { parallelOption } from './parallel';
import { scoresOption } from './scores';
import type { Theme } from './theme';

/** The option of ECharts for a chart. @param width of the place where it is drawn, in pixels. */
export function optionOf(chart: Chart, theme: Theme, width: number): EChartsCoreOption {
  return { ...common(theme), ...own(chart, theme, width) };
}

/** The option for a chart on paper, which has nothing to point at. */
export function stillOptionOf(chart: Chart, theme: Theme, width: number): EChartsCoreOption {
  const { series, tooltip: _, ...option } = optionOf(chart, theme, width);
  const still = { silent: true, triggerLineEvent: false, emphasis: { disabled: true } };
  return {
    ...option,
    textStyle: { fontFamily: "Helvetica, Arial, 'DejaVu Sans', sans-serif" },
    series: (series as { itemStyle?: { opacity?: number } }[]).map((each) => ({
      ...each,
      ...still,
      ...(each.itemStyle?.opacity === 0 && { showSymbol: false }),
    })),
  };
}

function own(chart: Chart, theme: Theme, width: number): EChartsCoreOption {
  switch (chart.kind) {
    case 'lines':
      return linesOption(chart, theme, width);
    case 'matrix':
      return matrixOption(chart, theme, width);
    case 'parallel':
      return parallelOption(chart, theme, width);
    case 'scores':
      return scoresOption(chart, theme);
  }
}

const common = (theme: Theme): EChartsCoreOption => ({
  animation: false,
  backgroundColor: 'transparent',
  color: [...theme.palette],
  // ECharts does not escape double quotes in SVG files.
  textStyle: { fontFamily: "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif" },
});
