import crc32c from 'crc-32/crc32c.js';

/**
 * A record of a TFRecord file: the length of the data as 64 bits and its checksum, then the data and their checksum, all little
 * endian.
 *
 * Source: TensorFlow, `core/lib/io/record_writer.h`.
 */
export function recordOf(data: Uint8Array): Uint8Array<ArrayBuffer> {
  const record = new Uint8Array(data.length + 16);
  const view = new DataView(record.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, maskedChecksum(record.subarray(0, 8)), true);
  record.set(data, 12);
  view.setUint32(12 + data.length, maskedChecksum(data), true);
  return record;
}

/** CRC-32C, masked so that it can be stored within data that are checked themselves: rotated right by 15 bits, plus a constant. */
export function maskedChecksum(data: Uint8Array): number {
  const checksum = crc32c.buf(data);
  return (((checksum >>> 15) | (checksum << 17)) + 0xa282ead8) >>> 0;
}
