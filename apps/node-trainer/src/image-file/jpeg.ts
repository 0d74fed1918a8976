import { grayFromRgba } from '@harmonic-mlp/mnist-data/drawing';
import { decode } from 'jpeg-js';
import { exifOrientation, orient } from './exif-orientation';
import { type Grey, ImageFileError, maxPixels, requireSize } from './grey';
import { withEnd } from './jpeg-end';

/**
 * Decodes a JPEG file, baseline or progressive, upright as its EXIF orientation says. Its end marker may be missing, where
 * every pixel is there.
 *
 * @throws {ImageFileError} when pixels are cut short or damaged, or the file is too large.
 */
export function decodeJpeg(file: Buffer): Grey {
  const frame = readFrame(file);
  requireSize(frame.rows, frame.columns);
  // A block of 8 × 8 pixels takes a bit at least, so that a small file cannot claim much memory.
  if (8 * 64 * file.length < frame.rows * frame.columns) throw new ImageFileError('it is cut short');
  const whole = withEnd(file);
  try {
    const { data, width, height } = decode(whole, {
      useTArray: true,
      // Otherwise it fails where the last restart interval of a grey image is shorter than the others. Data that are cut
      // short or damaged are refused all the same.
      tolerantDecoding: true,
      maxResolutionInMP: maxPixels / 1e6,
      maxMemoryUsageInMB: 2048,
    });
    return orient({ pixels: grayFromRgba(data), rows: height, columns: width }, frame.orientation);
  } catch (cause) {
    throw new ImageFileError(`it is cut short or damaged (${(cause as Error).message})`, { cause });
  }
}

/** The size and orientation that the segments before the compressed data say. */
function readFrame(file: Buffer): { rows: number; columns: number; orientation: number } {
  let orientation = 1;
  for (let offset = 2; offset + 4 <= file.length; ) {
    if (file[offset] !== 0xff) break;
    const marker = file[offset + 1];
    // Any number of ff may come before a marker.
    if (marker === 0xff) {
      offset++;
      continue;
    }
    const length = file.readUInt16BE(offset + 2);
    const segment = file.subarray(offset + 4, offset + 2 + length);
    if (marker === 0xe1) orientation = exifOrientation(segment) ?? orientation;
    // SOF0 to SOF15, without DHT, JPG and DAC.
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) {
      if (segment.length < 5) break;
      if (marker > 0xc2)
        throw new ImageFileError(
          'it is a lossless, differential or arithmetic-coded JPEG; save it as a usual one',
        );
      return { rows: segment.readUInt16BE(1), columns: segment.readUInt16BE(3), orientation };
    }
    offset += 2 + length;
  }
  throw new ImageFileError('it is cut short or damaged');
}
