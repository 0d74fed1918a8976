import { describe, expect, it } from 'vitest';
import { describeValue } from './describe-value';

describe('describeValue', () => {
  it.each<[unknown, string]>([
    [undefined, 'undefined'],
    [null, 'null'],
    [0.5, '0.5'],
    ['adam', '"adam"'],
    ['x'.repeat(60), `"${'x'.repeat(60)}"`],
    ['x'.repeat(1000), `"${'x'.repeat(60)}…"`],
    [() => 1, 'a function'],
    [[[1]], 'an array'],
    [{ a: 1 }, 'an object'],
    [Object.create(null), 'an object'],
    [new ArrayBuffer(2), 'an ArrayBuffer'],
    [new Uint8Array(2), 'a Uint8Array'],
    [Promise.resolve(), 'a promise, which must be awaited first'],
    [{ shape: [2, 3] }, 'an object'],
    [{ dataId: {} }, 'an object'],
    [{ shape: [2, 3], dataId: {}, dtype: 'float32' }, 'a tensor of shape [2,3]'],
  ])('tells what %s is', (value, text) => {
    expect(describeValue(value)).toBe(text);
  });
});
