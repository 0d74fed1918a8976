import { describe, expect, it } from 'vitest';
import { packed, unpacked } from './packed-checkpoint';

const bytes = (...values: number[]) => Uint8Array.from(values);
const level = 'wasm, relaxed SIMD';

describe('a packed checkpoint', () => {
  it.each([
    ['with a best model of an earlier epoch', bytes(1, 10, 9, 2), bytes(3, 10)],
    ['whose best model is the last one', bytes(1, 10, 2), bytes(1, 10, 2)],
    ['before the end of the first epoch', bytes(10, 2), undefined],
  ])('has all its parts again: %s', (_, last, best) => {
    const found = unpacked(packed({ level, last, best }))!;
    expect(found.level).toBe(level);
    expect([...found.last]).toEqual([...last]);
    expect(found.best && [...found.best]).toEqual(best && [...best]);
  });

  it('takes up little more than the last model if that is the best one', () => {
    const last = new Uint8Array(1000).fill(7);
    expect(packed({ level, last, best: last.slice() }).length).toBeLessThan(1050);
  });

  it.each([
    ['nothing', bytes()],
    ['no line', bytes(1, 2, 3)],
    ['a line without a size', Buffer.from('wasm\nabc')],
    ['less than its size', Buffer.from('wasm\t5\nabc')],
  ])('is none if it is %s', (_, file) => {
    expect(unpacked(file)).toBeUndefined();
  });
});
