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

  it('pads a header of any length with spaces', () => {
    for (let length = 0; length < 8; length++) {
      const file = { tensors: contents.tensors, metadata: { note: 'x'.repeat(length) } };
      const bytes = encodeSafetensors(file);
      const size = Number(new DataView(bytes.buffer).getBigUint64(0, true));
      expect(new TextDecoder().decode(bytes.subarray(8, 8 + size))).toMatch(/^\{.*\} {0,7}$/);
      expect(bytes).toHaveLength(8 + size + 28);
      expect(decodeSafetensors(bytes)).toEqual(file);
    }
  });

  it('reads a file of no tensors, without metadata', () => {
    expect(decodeSafetensors(fileOf({}))).toEqual({ tensors: {}, metadata: {} });
  });

  it('reads tensors in any order, empty ones among them', () => {
    const header = {
      b: f32([1], [4, 8]),
      end: f32([2, 0], [8, 8]),
      a: f32([1], [0, 4]),
      start: f32([0], [0, 0]),
      between: f32([0], [4, 4]),
    };
    const bytes = fileOf(header, 8);
    new DataView(bytes.buffer, bytes.length - 8).setFloat32(4, 2, true);
    const { tensors } = decodeSafetensors(bytes);
    expect(Object.keys(tensors)).toEqual(['start', 'a', 'between', 'b', 'end']);
    expect(tensors.b).toEqual({ shape: [1], data: new Float32Array([2]) });
    expect(tensors.end).toEqual({ shape: [2, 0], data: new Float32Array(0) });
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

  it('refuses an offset of -0, which is no unsigned integer', () => {
    const header = JSON.stringify({ a: f32([1], [0, 4]) }).replace('[0,4]', '[-0,4]');
    expect(() => decodeSafetensors(fileOf(header, 4))).toThrow('tensor "a" has no valid data_offsets');
  });

  it('keeps a tensor of any name, "__proto__" too', () => {
    const header = `{"__proto__":${JSON.stringify(f32([1], [0, 4]))},"toString":${JSON.stringify(f32([0], [4, 4]))}}`;
    const { tensors } = decodeSafetensors(fileOf(header, 4));
    expect(Object.keys(tensors)).toEqual(['__proto__', 'toString']);
    expect(Object.getPrototypeOf(tensors)).toBe(Object.prototype);
    expect(Object.entries(tensors)[0][1]).toEqual({ shape: [1], data: new Float32Array(1) });
  });

  it('shows no more of a hostile name than can be read, and nothing that a terminal would obey', () => {
    const shown = (name: string) => {
      try {
        decodeSafetensors(fileOf({ [name]: 3 }));
        return '';
      } catch (error) {
        return (error as Error).message;
      }
    };
    expect(shown('\u001b[2J\n\u202ename')).toContain('tensor "\ufffd[2J\ufffd\ufffdname" has no description');
    expect(shown('x'.repeat(60))).toContain(`tensor "${'x'.repeat(60)}" has no description`);
    expect(shown('x'.repeat(1e6))).toContain(`tensor "${'x'.repeat(60)}…" has no description`);
    expect(() => decodeSafetensors(fileOf({ a: f32(new Array(8).fill(1), [0, 8]) }, 8))).toThrow(
      /"a" of shape \[1,1,1,1,1,1,1,1\] has 8 bytes instead of 4/,
    );
    const many = fileOf({ a: f32(new Array(1e5).fill(1), [0, 8]) }, 8);
    expect(() => decodeSafetensors(many)).toThrow(
      /"a" of shape \[1,1,1,1,1,1,1,1,…\] has 8 bytes instead of 4/,
    );
  });

  it.each([
    [undefined],
    [null],
    ['text'],
    [new DataView(new ArrayBuffer(8))],
    [new Float32Array(50)],
    [[0, 0, 0]],
  ])('refuses %s, which is no file’s bytes', (bytes) => {
    expect(() => decodeSafetensors(bytes as never)).toThrow(
      expect.objectContaining({
        code: 'INVALID_ARGUMENT',
        argument: 'file',
        value: bytes,
        allowed: 'a Uint8Array or an ArrayBuffer',
        message: expect.stringContaining('must be given as a Uint8Array'),
      }),
    );
  });

  it('reads a whole ArrayBuffer as the bytes that it holds', () => {
    const { buffer } = Uint8Array.from(fromPython);
    expect(decodeSafetensors(buffer)).toEqual(decodeSafetensors(fromPython));
  });

  it.each([
    ['continued data', Buffer.concat([fromPython, Buffer.of(0)]), /take 28 bytes, but 29 follow/],
    ['another format', Buffer.from('PK\x03\x04 a zip archive, surely'), /its header should be/],
    ['seven bytes', new Uint8Array(7), /it has 7 bytes/],
    ['a header of a byte too few', fileOf('{}').fill(3, 0, 1), /be 3 bytes long, but only 2 follow/],
    ['no header', new Uint8Array(8), /header is not JSON/],
    ['a header that is not JSON', fileOf('{"a":'), /header is not JSON/],
    ['a header that is not UTF-8', fileOf('{}').fill(0xff, 8), /header is not JSON/],
    ['a header that is a list', fileOf([]), /not a JSON object/],
    ['a header that is null', fileOf(null), /not a JSON object/],
    ['metadata that are a list', fileOf({ __metadata__: ['a'] }), /not a map of strings/],
    ['metadata that are null', fileOf({ __metadata__: null }), /not a map of strings/],
    [
      'metadata of which one is not a string',
      fileOf({ __metadata__: { a: 'a', b: 1 } }),
      /not a map of strings/,
    ],
    ['metadata that are not strings', fileOf({ __metadata__: { epoch: 1 } }), /not a map of strings/],
    [
      'another element type',
      fileOf({ a: { dtype: 'F16', shape: [1], data_offsets: [0, 2] } }, 2),
      /type F16; only float32/,
    ],
    [
      'an element type that cannot be shown',
      fileOf({ a: { dtype: { toString: 1 }, shape: [1], data_offsets: [0, 4] } }, 4),
      /type unknown; only float32/,
    ],
    [
      'an element type nested without end',
      fileOf(`{"a":{"dtype":${'['.repeat(5e4)}${']'.repeat(5e4)}}}`),
      /type unknown; only float32/,
    ],
    ['a header nested without end', fileOf('['.repeat(5e4)), /header is not JSON/],
    [
      'a claim of 100 MB',
      fileOf('{}').fill(0x05, 3, 4),
      /header should be 83886082 bytes long, but only 2 follow/,
    ],
    [
      'a product of dimensions that is no number',
      fileOf({ a: f32([...new Array(40).fill(2 ** 52), 0], [0, 0]) }),
      /instead of NaN/,
    ],
    ['a gap', fileOf({ a: f32([1], [4, 8]) }, 8), /starts at byte 4 instead of 0/],
    [
      'an overlap',
      fileOf({ a: f32([1], [0, 4]), b: f32([1], [0, 4]) }, 4),
      /"b" starts at byte 0 instead of 4/,
    ],
    ['a shape that does not fit', fileOf({ a: f32([3], [0, 4]) }, 4), /has 4 bytes instead of 12/],
    [
      'a claim of 4 TB of data',
      fileOf({ a: f32([1e12], [0, 4e12]) }),
      /take 4000000000000 bytes, but 0 follow the header/,
    ],
    ...[1, [1.5], ['1'], [2 ** 53]].map(
      (shape) =>
        [`the shape ${shape}`, fileOf({ a: f32(shape, [0, 4]) }, 4), /no valid shape/] as [
          string,
          Uint8Array,
          RegExp,
        ],
    ),
    [
      'a dimension of -0',
      fileOf('{"a":{"dtype":"F32","shape":[-0],"data_offsets":[0,0]}}'),
      /no valid shape/,
    ],
    ...[4, '04', [0, 4, 4], [0], [-4, 0], [0, 4.5]].map(
      (offsets) =>
        [
          `the offsets ${JSON.stringify(offsets)}`,
          fileOf({ a: f32([1], offsets) }, 4),
          /no valid data_offsets/,
        ] as [string, Uint8Array, RegExp],
    ),
    ['a negative dimension', fileOf({ a: f32([-1], [0, 4]) }, 4), /no valid shape/],
    ['a negative dimension among others', fileOf({ a: f32([1, -1], [0, 4]) }, 4), /no valid shape/],
    [
      'a shape that does not fit, in the middle',
      fileOf({ a: f32([1], [0, 4]), b: f32([3], [4, 8]) }, 8),
      /"b" of shape \[3\] has 4 bytes instead of 12/,
    ],
    ['a huge shape', fileOf({ a: f32([1e9, 1e9], [0, 4e18]) }, 4), /no valid data_offsets/],
    ['offsets in reverse', fileOf({ a: f32([1], [4, 0]) }, 4), /no valid data_offsets/],
    ['a tensor without description', fileOf({ a: 3 }), /no description/],
    ['a tensor described by null', fileOf({ a: null }), /no description/],
    ['a tensor described by a list', fileOf({ a: [] }), /no description/],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => decodeSafetensors(bytes)).toThrow(message);
    expect(() => decodeSafetensors(bytes)).toThrow(HarmonicError);
    expect(() => decodeSafetensors(bytes)).toThrow(expect.objectContaining({ code: 'INVALID_DATA' }));
  });

  it('names the type of elements that it does not read', () => {
    const half = fileOf({ a: { dtype: 'F16', shape: [1], data_offsets: [0, 2] } }, 2);
    expect(() => decodeSafetensors(half)).toThrow(
      expect.objectContaining({ argument: 'a.dtype', value: 'F16', allowed: '"F32"' }),
    );
  });

  it('says why a header is not JSON', () => {
    expect(() => decodeSafetensors(fileOf('{'))).toThrow(
      expect.objectContaining({ cause: expect.any(SyntaxError) }),
    );
  });
});
