import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';

export interface Series {
  x: number[];
  /** null where there is nothing to draw. */
  y: (number | null)[];
  /** The CSS custom property with its color. */
  color: string;
  /** Whether it is drawn thin and faint, behind the others. */
  faint?: boolean;
}

const style = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** Curves over epochs. */
export function Chart({
  series,
  label,
  range,
  format,
  isLog = false,
  height = 240,
}: {
  series: Series[];
  /** A text alternative that describes what it shows. */
  label: string;
  range: (series: Series[]) => [number, number];
  format: (value: number) => string;
  /** Whether equal distances are equal ratios. */
  isLog?: boolean;
  height?: number;
}) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const newest = useRef(series);
  newest.current = series;
  const kind = series.map(({ color, faint }) => `${color} ${faint}`).join();

  useEffect(() => {
    const element = place.current!;
    const draw = () => {
      plot.current?.destroy();
      const axis = {
        stroke: style('--soft'),
        grid: { stroke: style('--line'), width: 1 },
        ticks: { stroke: style('--line') },
      };
      plot.current = new uPlot(
        {
          width: element.clientWidth,
          height,
          legend: { show: false },
          cursor: { show: false },
          scales: {
            x: { time: false, range: (_, __, end) => [0, end > 0 ? end : 1] },
            y: { distr: isLog ? 3 : 1, range: () => range(newest.current) },
          },
          axes: [
            {
              ...axis,
              label: 'epochs',
              labelSize: 20,
              size: 34,
              values: (_, ticks) => ticks.map((tick) => String(Number(tick.toFixed(3)))),
            },
            {
              ...axis,
              size: 58,
              // On a logarithmic axis, those of some ticks are left out.
              values: (_, ticks) => ticks.map((tick) => (tick === null ? '' : format(tick))),
            },
          ],
          series: [
            {},
            ...newest.current.map(({ color, faint }) => ({
              stroke: style(color),
              width: faint ? 1 : 2,
              dash: faint ? [4, 3] : undefined,
              spanGaps: true,
              points: { show: false },
            })),
          ],
        },
        joined(newest.current),
        element,
      );
    };
    draw();
    const observer = new ResizeObserver(() => plot.current?.setSize({ width: element.clientWidth, height }));
    observer.observe(element);
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    scheme.addEventListener('change', draw);
    return () => {
      observer.disconnect();
      scheme.removeEventListener('change', draw);
      plot.current?.destroy();
      plot.current = undefined;
    };
  }, [kind, isLog, height]);

  useEffect(() => plot.current?.setData(joined(series)), [series]);

  return <div class="chart" ref={place} role="img" aria-label={label} />;
}

/** The curves, joined on a common x axis. */
function joined(series: Series[]): uPlot.AlignedData {
  if (series.length === 0) return [[]];
  const tables = series.map(({ x, y }): uPlot.AlignedData => (x.length === 0 ? [[0], [null]] : [x, y]));
  return tables.length === 1 ? tables[0] : uPlot.join(tables);
}
