import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { repositoryCommand, TrainerError } from '@harmonic-mlp/node-trainer';
import { setPlatformAPI, use } from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';
import { type Chart, heightOf, light, stillOptionOf } from './charts';
import { init } from './echarts';

/** The width of plots for papers, in CSS pixels. */
const width = 640;
/** The pixels of a PNG file for each of these. */
const density = 3;

/** A chart as the text of an SVG file, on white. */
export function svgOf(chart: Chart): string {
  const size = { width, height: heightOf(chart, width) };
  const plot = init(null, undefined, { renderer: 'svg', ssr: true, ...size });
  try {
    plot.setOption({ ...stillOptionOf(chart, light, width), backgroundColor: light.background });
    // What screen readers read; of ECharts, there is none.
    return plot.renderToSVGString().replace('>', () => `><title>${escaped(chart.description)}</title>`);
  } finally {
    plot.dispose();
  }
}

const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** The part of `@napi-rs/canvas` that is used here. */
interface Canvas {
  encode(format: 'png'): Promise<Uint8Array>;
}
interface CanvasLibrary {
  createCanvas(width: number, height: number): Canvas;
}

/** Draws charts as PNG files. */
export class PngPlotter {
  readonly #library: CanvasLibrary;

  private constructor(library: CanvasLibrary) {
    this.#library = library;
  }

  /**
   * @param home the package that depends on the library: native code of 35 MB, which only plots in PNG need.
   * @throws {TrainerError} `PROGRAM_FAILED` if the library is missing, or does not load.
   */
  static load(home = fileURLToPath(new URL('../../report-png/package.json', import.meta.url))): PngPlotter {
    try {
      return new PngPlotter(createRequire(home)('@napi-rs/canvas'));
    } catch (cause) {
      throw new TrainerError(
        'PROGRAM_FAILED',
        {
          problem: `PNG files need the library @napi-rs/canvas, which ${Object(cause).code === 'MODULE_NOT_FOUND' ? 'is not installed' : 'does not load on this machine'}.`,
          fix: `${repositoryCommand('report', '…', '--png')} installs it; or use --svg, which needs nothing else.`,
        },
        { cause },
      );
    }
  }

  /** A chart as the bytes of a PNG file, on white. */
  async draw(chart: Chart): Promise<Uint8Array> {
    use([CanvasRenderer]);
    setPlatformAPI({ createCanvas: () => this.#library.createCanvas(32, 32) as never });
    const height = heightOf(chart, width);
    const canvas = this.#library.createCanvas(width * density, height * density);
    const plot = init(canvas as never, undefined, {
      renderer: 'canvas',
      devicePixelRatio: density,
      width,
      height,
    });
    try {
      plot.setOption({ ...stillOptionOf(chart, light, width), backgroundColor: light.background });
      return await canvas.encode('png');
    } finally {
      plot.dispose();
    }
  }
}

/** Where the plot of a chart is written. */
export const plotFile = (folder: string, { name }: Chart, format: 'svg' | 'png'): string =>
  join(folder, `${name}.${format}`);
