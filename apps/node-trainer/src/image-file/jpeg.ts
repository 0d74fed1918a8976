import { grayFromRgba } from '@harmonic-mlp/mnist-data/drawing';
import { decode } from 'jpeg-js';
import { TrainerError } from '../errors';
import { exifOrientation, orient } from './exif-orientation';
import { damaged, type Grey, maxPixels, requireSize } from './grey';
import { withEnd } from './jpeg-end';

/**
 * Decodes a JPEG file, baseline or progressive, and turns it upright by its EXIF orientation. The end marker may be missing if
 * every pixel is there.
 *
 * @throws {TrainerError} `INVALID_DATA` when pixels are missing or damaged, `UNSUPPORTED` when the image is too large.
 */
export function decodeJpeg(file: Buffer): Grey {
  const frame = readFrame(file);
  requireSize(frame.rows, frame.columns);
  // A block of 8 × 8 pixels takes at least one bit, so a small file cannot claim much memory.
  if (8 * 64 * file.length < frame.rows * frame.columns) throw damaged('The JPEG file is truncated.');
  const whole = withEnd(file);
  try {
    const { data, width, height } = decode(whole, {
      useTArray: true,
      // Otherwise it fails where the last restart interval of a gray image is shorter than the others. Truncated or damaged
      // data are refused all the same.
      tolerantDecoding: true,
      maxResolutionInMP: maxPixels / 1e6,
      maxMemoryUsageInMB: 2048,
    });
    return orient({ pixels: grayFromRgba(data), rows: height, columns: width }, frame.orientation);
  } catch (cause) {
    throw damaged(`The JPEG file is truncated or damaged (${(cause as Error).message}).`, { cause });
  }
}

/** The size and orientation that the segments before the compressed data state. */
function readFrame(file: Buffer): { rows: number; columns: number; orientation: number } {
  let orientation = 1;
  for (let offset = 2; offset + 4 <= file.length; ) {
    if (file[offset] !== 0xff) break;
    const marker = file[offset + 1];
    // Any number of ff bytes may precede a marker.
    if (marker === 0xff) {
      offset++;
      continue;
    }
    const length = file.readUInt16BE(offset + 2);
    const segment = file.subarray(offset + 4, offset + 2 + length);
    if (marker === 0xe1) orientation = exifOrientation(segment) ?? orientation;
    // SOF0 to SOF15, without DHT, JPG, and DAC.
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) {
      if (segment.length < 5) break;
      if (marker > 0xc2)
        throw new TrainerError('UNSUPPORTED', {
          problem: 'The JPEG file is lossless, differential, or arithmetic-coded.',
          fix: 'Save it as an ordinary one.',
        });
      return { rows: segment.readUInt16BE(1), columns: segment.readUInt16BE(3), orientation };
    }
    offset += 2 + length;
  }
  throw damaged('The JPEG file is truncated or damaged.');
}
