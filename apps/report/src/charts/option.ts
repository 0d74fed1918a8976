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
  textStyle: { fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif' },
});
