import { readFile, stat } from 'node:fs/promises';
import { TrainerError } from '../errors';
import { reason } from '../file-system';
import { inFile } from '../in-file';
import type { Grey } from './grey';
import { decodeJpeg } from './jpeg';
import { decodePgm } from './pgm';
import { decodePng } from './png';

const maxBytes = 512e6;

const decoders: { begins: RegExp; decode: (file: Buffer) => Grey }[] = [
  { begins: /^\x89PNG/, decode: decodePng },
  { begins: /^\xff\xd8\xff/, decode: decodeJpeg },
  { begins: /^P[25][\s#]/, decode: decodePgm },
];

/** What people may give instead, recognized by how it begins. */
const foreign: [RegExp, string][] = [
  [/^$/, 'an empty file'],
  [/^GIF8/, 'a GIF image'],
  [/^RIFF.{4}WEBP/s, 'a WebP image'],
  [/^.{4}ftypavi[fs]/s, 'an AVIF image'],
  [/^.{4}ftyp(hei|hev|mif1|msf1)/s, 'a HEIC image'],
  [/^BM.{12}[\x28\x6c\x7c]/s, 'a BMP image'],
  [/^(II\*.|MM.\*)/s, 'a TIFF image'],
  [/^(\xff\n|.{4}JXL )/s, 'a JPEG XL image'],
  [/^.{4}jP/s, 'a JPEG 2000 image'],
  [/^P[14][\s#]/, 'a PBM image'],
  [/^P[36][\s#]/, 'a PPM image'],
  [/^%PDF/, 'a PDF document'],
  [/^(\xef\xbb\xbf)?\s*<(\?xml|svg)/, 'an SVG or XML file'],
  [/^(\xef\xbb\xbf)?\s*<(!doctype )?html/i, 'a web page'],
  // Printable ASCII, and bytes that may be UTF-8.
  [/^[\t\n\r\x20-\x7e\x80-\xff]+$/, 'a text file'],
];

/**
 * Reads an image file as gray pixels. Its format is recognized by how it begins, not by its name.
 *
 * @throws {TrainerError} `UNREADABLE`, `INVALID_DATA` or `UNSUPPORTED`, with the file.
 */
export async function readImage(path: string): Promise<Grey> {
  const file = await readWhole(path);
  const beginning = file.toString('latin1', 0, 512);
  const decoder = decoders.find(({ begins }) => begins.test(beginning));
  if (decoder === undefined) {
    const found = foreign.find(([begins]) => begins.test(beginning))?.[1] ?? 'a file of an unknown format';
    throw new TrainerError('INVALID_DATA', {
      problem: `This is ${found}.`,
      fix: 'Save the drawing as a PNG, JPEG, or PGM file.',
      file: path,
    });
  }
  return inFile(path, () => decoder.decode(file));
}

async function readWhole(path: string): Promise<Buffer> {
  let problem: string;
  try {
    const status = await stat(path);
    if (status.isFile() && status.size <= maxBytes) return await readFile(path);
    problem = status.isDirectory()
      ? 'it is a folder'
      : status.isFile()
        ? `it has ${Math.round(status.size / 1e6)} MB; at most ${maxBytes / 1e6} are supported`
        : 'it is not a regular file';
  } catch (error) {
    problem = reason(error);
  }
  throw new TrainerError('UNREADABLE', {
    problem: `The image cannot be read: ${problem}.`,
    fix: 'Pass a PNG, JPEG, or PGM file of a drawn digit, or the number of a test image.',
    file: path,
  });
}
