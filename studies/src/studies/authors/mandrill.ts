import uri from 'baboon-image-uri';
import { decode } from 'fast-png';
import type { ExampleValues } from 'harmonic-mlp';

/** The brightness of the pixels is in [−1, 1]. */
const peak = 2;

/**
 * The mandrill of the USC-SIPI image database as a function: coordinates in [−1, 1], and the brightness (ITU-R BT.601).
 *
 * @param size the number of rows and of columns, a divisor of 128: pixels are averaged.
 */
export function mandrill(size: number): ExampleValues {
  const { data, width, channels } = decode(Buffer.from(uri.slice(uri.indexOf(',') + 1), 'base64'));
  const block = width / size;
  const inputs: number[][] = [];
  const targets: number[] = [];
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      let sum = 0;
      for (let y = row * block; y < (row + 1) * block; y++) {
        for (let x = column * block; x < (column + 1) * block; x++) {
          const [red, green, blue] = data.subarray(channels * (y * width + x));
          sum += 0.299 * red + 0.587 * green + 0.114 * blue;
        }
      }
      inputs.push([(2 * column) / (size - 1) - 1, (2 * row) / (size - 1) - 1]);
      targets.push(sum / block ** 2 / 127.5 - 1);
    }
  }
  return { inputs, targets };
}

/** The peak signal-to-noise ratio in decibels. */
export const psnr = (rmse: number): number => 20 * Math.log10(peak / rmse);
