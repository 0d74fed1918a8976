import { damaged, type Grey, requireSize } from './grey';

/**
 * Decodes a PGM file, plain (P2) or raw (P5), with up to 65,536 gray levels.
 *
 * @throws {TrainerError} `INVALID_DATA` when the file is truncated or damaged, `UNSUPPORTED` when the image is too large.
 * @see Netpbm, "PGM format specification".
 */
export function decodePgm(file: Buffer): Grey {
  let offset = 2;
  /** The next decimal number, after white space and comments. */
  const number = (what: string): number => {
    while (offset < file.length) {
      if (isSpace(file[offset])) offset++;
      else if (file[offset] === hash) while (offset < file.length && !isNewline(file[offset])) offset++;
      else break;
    }
    const start = offset;
    while (isDigit(file[offset])) offset++;
    if (start === offset) {
      throw damaged(offset >= file.length ? truncated : `The PGM file's ${what} is not a number.`);
    }
    return Number(file.toString('latin1', start, offset));
  };

  const columns = number('width');
  const rows = number('height');
  const most = number('largest value');
  requireSize(rows, columns);
  if (most < 1 || most > 65535) {
    throw damaged(`The PGM file's largest value is ${most}; it must be from 1 to 65535.`);
  }
  const isRaw = file[1] === five;
  // One byte of white space precedes the pixels of a raw file; comments may precede those of a plain one.
  if (isRaw) offset++;
  const bytes = !isRaw ? 2 : most > 255 ? 2 : 1;
  // The last number of a plain file needs nothing after it.
  if (file.length - offset + Number(!isRaw) < bytes * rows * columns) throw damaged(truncated);

  const pixels = new Uint8Array(rows * columns);
  for (let i = 0; i < pixels.length; i++) {
    const value = !isRaw
      ? number(`pixel ${i}`)
      : bytes === 1
        ? file[offset + i]
        : file.readUInt16BE(offset + 2 * i);
    if (value > most)
      throw damaged(`The PGM file's pixel ${i} is ${value}, which is above its largest value, ${most}.`);
    pixels[i] = Math.round((255 * value) / most);
  }
  return { pixels, rows, columns };
}

const truncated = 'The PGM file is truncated.';
const hash = 0x23;
const five = 0x35;
const isNewline = (byte: number) => byte === 10 || byte === 13;
const isSpace = (byte: number) => byte === 32 || (byte >= 9 && byte <= 13);
const isDigit = (byte: number) => byte >= 48 && byte <= 57;
