import uri from 'baboon-image-uri';
import { decode } from 'fast-png';
import type { ExampleValues } from 'harmonic-mlp';

/** The brightness of the pixels is in [−1, 1]. */
const peak = 2;

/**
 * The mandrill of the USC-SIPI image database, 128×128, as a function: coordinates in [−1, 1], and the brightness (ITU-R BT.601).
 *
 * @param stride takes every so many pixels.
 */
export function mandrill(stride = 1): ExampleValues {
  const { data, width, height, channels } = decode(Buffer.from(uri.slice(uri.indexOf(',') + 1), 'base64'));
  const inputs: number[][] = [];
  const targets: number[] = [];
  for (let row = 0; row < height; row += stride) {
    for (let column = 0; column < width; column += stride) {
      const [red, green, blue] = data.subarray(channels * (row * width + column));
      inputs.push([(2 * column) / (width - 1) - 1, (2 * row) / (height - 1) - 1]);
      targets.push((0.299 * red + 0.587 * green + 0.114 * blue) / 127.5 - 1);
    }
  }
  return { inputs, targets };
}

/** The peak signal-to-noise ratio in decibels. */
export const psnr = (rmse: number): number => 20 * Math.log10(peak / rmse);
