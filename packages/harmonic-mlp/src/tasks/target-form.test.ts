import { expect, it } from 'vitest';
import { targetForm } from './target-form';

it('takes classes as labels, numbers as targets, and from 0 to 1 for several labels', () => {
  expect(targetForm({ classes: 3 })).toEqual({ field: 'labels', classes: 3 });
  expect(targetForm({ task: 'regression', outputs: 2 })).toEqual({ field: 'targets', width: 2 });
  const { field, width, usable } = targetForm({ task: 'multi-label', outputs: 4 }) as {
    field: string;
    width: number;
    usable: { isUsable(value: number): boolean };
  };
  expect([field, width]).toEqual(['targets', 4]);
  expect([-0.1, 0, 1, 1.1].map(usable.isUsable)).toEqual([false, true, true, false]);
});
