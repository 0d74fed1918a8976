import { HarmonicError } from '@harmonic-mlp/core';
import { describe, expect, it } from 'vitest';
import { decodeSafetensors, encodeSafetensors } from './safetensors';

// Made by safetensors 0.8.0 (Python): save({"a/kernel": float32 [[1.5, -2, 3.25], [0, 1e-3, -1e6]],
// "b": float32 [7]}, metadata={"format": "pt", "note": "ü"}).
const fromPython = Buffer.from(
  'qAAAAAAAAAB7Il9fbWV0YWRhdGFfXyI6eyJub3RlIjoiw7wiLCJmb3JtYXQiOiJwdCJ9LCJhL2tlcm5lbCI6eyJkdHlwZSI6IkYzMiIsInNoYXBl' +
    'IjpbMiwzXSwiZGF0YV9vZmZzZXRzIjpbMCwyNF19LCJiIjp7ImR0eXBlIjoiRjMyIiwic2hhcGUiOlsxXSwiZGF0YV9vZmZzZXRzIjpbMjQsMjhd' +
    'fX0gICAgICAAAMA/AAAAwAAAUEAAAAAAbxKDOgAkdMkAAOBA',
  'base64',
);

const contents = {
  tensors: {
    'a/kernel': { shape: [2, 3], data: new Float32Array([1.5, -2, 3.25, 0, 1e-3, -1e6]) },
    b: { shape: [1], data: new Float32Array([7]) },
  },
  metadata: { format: 'pt', note: 'ü' },
};

/** A file with this header, and `size` bytes of data. */
function fileOf(header: unknown, size = 0): Uint8Array {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + size);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}

const f32 = (shape: unknown, offsets: unknown) => ({ dtype: 'F32', shape, data_offsets: offsets });

describe('safetensors', () => {
  it('reads what the reference implementation wrote', () => {
    expect(decodeSafetensors(fromPython)).toEqual(contents);
  });

  it('reads a view into a larger buffer, at an odd offset', () => {
    const larger = new Uint8Array(fromPython.length + 9).fill(0xaa);
    larger.set(fromPython, 3);
    expect(decodeSafetensors(larger.subarray(3, 3 + fromPython.length))).toEqual(contents);
  });

  it('reads back what it wrote, with the data at a multiple of 8', () => {
    const bytes = encodeSafetensors(contents);
    expect(decodeSafetensors(bytes)).toEqual(contents);
    expect(Number(new DataView(bytes.buffer).getBigUint64(0, true)) % 8).toBe(0);
  });

  it('writes the same bytes for the same contents', () => {
    expect(encodeSafetensors(contents)).toEqual(encodeSafetensors(contents));
  });

  it('refuses a file cut short anywhere', () => {
    for (let length = 0; length < fromPython.length; length++) {
      expect(() => decodeSafetensors(fromPython.subarray(0, length)), `length ${length}`).toThrow(
        expect.objectContaining({ code: 'INVALID_DATA' }),
      );
    }
  });

  it.each([
    ['continued data', Buffer.concat([fromPython, Buffer.of(0)]), /take 28 bytes, but 29 follow/],
    ['another format', Buffer.from('PK\x03\x04 a zip archive, surely'), /its header should be/],
    ['a header that is not JSON', fileOf('{"a":'), /header is not JSON/],
    ['a header that is not UTF-8', fileOf('{}').fill(0xff, 8), /header is not JSON/],
    ['a header that is a list', fileOf([]), /not a JSON object/],
    ['metadata that are not strings', fileOf({ __metadata__: { epoch: 1 } }), /not a map of strings/],
    [
      'another element type',
      fileOf({ a: { dtype: 'F16', shape: [1], data_offsets: [0, 2] } }, 2),
      /type F16; only float32/,
    ],
    ['a gap', fileOf({ a: f32([1], [4, 8]) }, 8), /starts at byte 4 instead of 0/],
    [
      'an overlap',
      fileOf({ a: f32([1], [0, 4]), b: f32([1], [0, 4]) }, 4),
      /"b" starts at byte 0 instead of 4/,
    ],
    ['a shape that does not fit', fileOf({ a: f32([3], [0, 4]) }, 4), /has 4 bytes instead of 12/],
    ['a negative dimension', fileOf({ a: f32([-1], [0, 4]) }, 4), /no valid shape/],
    ['a huge shape', fileOf({ a: f32([1e9, 1e9], [0, 4e18]) }, 4), /no valid data_offsets/],
    ['offsets in reverse', fileOf({ a: f32([1], [4, 0]) }, 4), /no valid data_offsets/],
    ['a tensor without description', fileOf({ a: 3 }), /no description/],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => decodeSafetensors(bytes)).toThrow(message);
    expect(() => decodeSafetensors(bytes)).toThrow(HarmonicError);
  });
});
