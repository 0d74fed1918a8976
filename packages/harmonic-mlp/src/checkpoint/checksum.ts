import { HarmonicError } from '@harmonic-mlp/core';
import { printable, type SafetensorsFile } from './safetensors';
import { isChecked } from './upgrade';
import { encodeUtf8 } from './utf8';

/** What stands in place of a checksum where somebody has changed a file on purpose. */
const unchecked = 'none';

/**
 * The checksum of a file, `crc32 1c291ca3`: the CRC-32 of zlib over all that the file says, which sees every change of up to 32
 * neighboring bits. It does not depend on the order in which a program writes metadata and tensors: first comes the JSON
 * `[[[name, text], …], [[name, shape], …]]` of the other metadata and the tensors in the order of their names, as UTF-8, padded
 * with zeros to a multiple of 4 bytes; then the bytes of these tensors.
 */
export function checksumOf({ tensors, metadata }: SafetensorsFile): string {
  const texts = Object.keys(metadata).filter((name) => name !== 'checksum');
  const names = Object.keys(tensors).sort();
  const head = [
    texts.sort().map((name) => [name, metadata[name]]),
    names.map((name) => [name, tensors[name].shape]),
  ];
  const text = encodeUtf8(JSON.stringify(head));
  const padded = new Uint8Array(4 * Math.ceil(text.length / 4));
  padded.set(text);
  let crc = crc32(padded);
  for (const name of names) crc = crc32(tensors[name].data, crc);
  return `crc32 ${crc.toString(16).padStart(8, '0')}`;
}

/**
 * Checks a file against its checksum. Those of earlier versions have none, and a program that changes a file may write `none`.
 *
 * @throws {HarmonicError} `INVALID_DATA` if the file is not what was written.
 */
export function requireIntact(file: SafetensorsFile): void {
  const { version, checksum } = file.metadata;
  if (checksum === undefined ? !isChecked(version) : checksum === unchecked) return;
  const allowed = checksumOf(file);
  if (checksum === allowed) return;
  throw new HarmonicError('INVALID_DATA', {
    argument: 'metadata.checksum',
    value: checksum,
    allowed,
    problem: `The model file is damaged: its checksum is ${checksum === undefined ? 'missing' : `"${printable(checksum)}", but its content has "${allowed}"`}.`,
    fix: `Use another copy of the file. If a program changed it on purpose, let that set "checksum" in its metadata to "${unchecked}".`,
  });
}

let table: Int32Array | undefined;

/** The CRC-32 of 32-bit words, little-endian, after that of others: four bytes at once (Kounavis and Berry, 2005). */
function crc32({ buffer, byteOffset, byteLength }: Uint8Array | Float32Array, before = 0): number {
  table ??= makeTable();
  const words = new Int32Array(buffer, byteOffset, byteLength / 4);
  let crc = ~before;
  for (let i = 0; i < words.length; i++) {
    crc ^= words[i];
    crc =
      table[768 + (crc & 255)] ^
      table[512 + ((crc >>> 8) & 255)] ^
      table[256 + ((crc >>> 16) & 255)] ^
      table[crc >>> 24];
  }
  return ~crc >>> 0;
}

/** The remainders of each byte with 0 to 3 zero bytes behind it. */
function makeTable(): Int32Array {
  const made = new Int32Array(1024);
  for (let i = 0; i < 1024; i++) {
    let crc = i < 256 ? i : made[i - 256];
    if (i < 256) for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 && 0xedb88320);
    else crc = (crc >>> 8) ^ made[crc & 255];
    made[i] = crc;
  }
  return made;
}
