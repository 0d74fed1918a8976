import { describe, expect, it } from 'vitest';
import { FreeList } from './free-list';

describe('FreeList', () => {
  it('gives multiples of the alignment, one after the other, and none beyond the end', () => {
    const list = new FreeList(64, 320, 64);
    expect([1, 64, 65, 1].map((bytes) => list.allocate(bytes))).toEqual([64, 128, 192, 0]);
  });

  it('gives the lowest address that fits again, and joins what is free on both sides', () => {
    const list = new FreeList(64, 320, 64);
    const [first, second, third] = [64, 64, 64].map((bytes) => list.allocate(bytes));
    list.free(third);
    list.free(first);
    expect(list.allocate(64)).toBe(first);
    list.free(first);
    list.free(second);
    expect(list.allocate(256)).toBe(64);
  });

  it('ignores what it has not given', () => {
    const list = new FreeList(64, 192, 64);
    const first = list.allocate(64);
    list.free(first);
    list.free(first);
    list.free(7);
    expect([list.allocate(64), list.allocate(64), list.allocate(64)]).toEqual([64, 128, 0]);
  });
});
