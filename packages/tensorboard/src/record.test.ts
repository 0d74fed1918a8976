import { expect, it } from 'vitest';
import { checksum, readEvents } from '../test/read-events';
import { maskedChecksum, recordOf } from './record';

const bytesOf = (text: string) => new TextEncoder().encode(text);

it('has the checksum CRC-32C, masked', () => {
  // The check value of CRC-32C, and the mask of TensorFlow's crc32c.h.
  expect(checksum(bytesOf('123456789'))).toBe(0xe3069283);
  expect(maskedChecksum(bytesOf('123456789'))).toBe(
    ((((0xe3069283 >>> 15) | (0xe3069283 << 17)) >>> 0) + 0xa282ead8) % 2 ** 32,
  );
});

it('frames a record as TensorFlow does', () => {
  // Written by TensorBoard's RecordWriter: the version of an event file, at the time 0.
  const data = Uint8Array.from([0x1a, 0x0d, ...bytesOf('brain.Event:2')]);
  expect(Buffer.from(recordOf(data)).toString('hex')).toBe(
    '0f000000000000006d532b091a0d627261696e2e4576656e743a32fc985129',
  );
});

it('frames no data', () => {
  expect(recordOf(new Uint8Array())).toHaveLength(16);
  expect(readEvents(recordOf(new Uint8Array()))).toEqual([{ step: 0, values: [] }]);
});
