import { afterAll, describe, expect, it } from 'vitest';
import { octaves } from '../../test/own';
import { fanInUniform } from '../initializer';
import { periods, registerPeriods } from '.';

afterAll(() => {
  delete (periods as Record<string, unknown>)[octaves.name];
});

it.each(Object.entries(periods))('%s is called so', (name, distribution) => {
  expect(distribution.name).toBe(name);
});

describe('registerPeriods', () => {
  it('adds a choice, and may be called again', () => {
    for (let time = 0; time < 2; time++) registerPeriods(octaves);
    expect(periods['test-octaves']).toBe(octaves);
  });

  it.each<[string, unknown, object]>([
    ['name', 'capped', { ...octaves, name: 'capped' }],
    ['periods.periodsOf', undefined, { ...octaves, periodsOf: undefined }],
    ['initialize', fanInUniform, { ...octaves, initialize: fanInUniform }],
  ])('refuses a distribution by its %s %j', (argument, value, distribution) => {
    expect(() => registerPeriods(distribution as never)).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', argument, value }),
    );
  });
});
