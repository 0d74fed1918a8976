import { describe, expect, it } from 'vitest';
import { Adam, FrequencyAwareOptimizer } from '.';

const configOf = (options: object) => new FrequencyAwareOptimizer(new Adam(), [], options).getConfig();

describe('freqScale', () => {
  it('is scale by its earlier name, and gradient by default', () => {
    for (const mode of ['gradient', 'update'] as const) {
      expect(configOf({ freqScale: mode })).toMatchObject({ freqScale: mode });
      expect(configOf({ scale: mode })).toEqual(configOf({ freqScale: mode }));
      expect(configOf({ scale: mode, freqScale: mode })).toEqual(configOf({ freqScale: mode }));
    }
    expect(configOf({ scale: undefined })).toEqual(configOf({ freqScale: 'gradient' }));
    expect(configOf({ freqScale: 'update' })).not.toHaveProperty('scale');
  });

  it.each([
    [{ freqScale: 'updates' }, 'freqScale', 'updates'],
    [{ freqScale: null }, 'freqScale', null],
    [{ scale: 'updates' }, 'scale', 'updates'],
    [{ scale: 'gradient', freqScale: 'update' }, 'scale', 'gradient'],
  ])('is refused in %j', (options, argument, value) => {
    expect(() => configOf(options)).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', argument, value }),
    );
  });

  it('says which name to leave out', () => {
    expect(() => configOf({ scale: 'gradient', freqScale: 'update' })).toThrow(
      'scale is "gradient"; it must be the same as freqScale, "update". Leave it out: it is the earlier name of freqScale.',
    );
  });
});
