import { describe, expect, it } from 'vitest';
import { measureNormalization, type Normalization, normalizePixels } from './normalization';

describe('normalizePixels', () => {
  it('divides by 255 by default', () => {
    expect([...normalizePixels(new Uint8Array([0, 51, 255]))]).toEqual([0, Math.fround(0.2), 1]);
  });

  it('subtracts the mean and divides by std', () => {
    // −0.1307/0.3081, (0.2 − 0.1307)/0.3081 and 0.8693/0.3081 by hand.
    const values = normalizePixels(new Uint8Array([0, 51, 255]), { mean: 0.1307, std: 0.3081 });
    expect(values[0]).toBeCloseTo(-0.4242129, 6);
    expect(values[1]).toBeCloseTo(0.224927, 6);
    expect(values[2]).toBeCloseTo(2.8214865, 6);
  });

  it.each<[object, string, unknown]>([
    [{ mean: 0, std: 0 }, 'normalization.std', 0],
    [{ mean: Number.NaN, std: 1 }, 'normalization.mean', Number.NaN],
    [{ mean: 0, deviation: 1 }, 'deviation', 1],
    [new Float32Array(0), 'normalization.mean', undefined],
  ])('refuses %j', (normalization, argument, value) => {
    expect(() => normalizePixels(new Uint8Array(1), normalization as Normalization)).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', argument, value }),
    );
  });
});

it('takes bytes in either array of bytes, and no numbers that would not be pixels', () => {
  const pixels = new Uint8ClampedArray([0, 255]);
  expect([...normalizePixels(pixels)]).toEqual([0, 1]);
  expect(measureNormalization(pixels)).toEqual({ mean: 0.5, std: 0.5 });
  for (const given of [[0, 255], new Float32Array([0, 0.5])]) {
    for (const take of [normalizePixels, measureNormalization]) {
      expect(() => take(given as unknown as Uint8Array)).toThrow(
        expect.objectContaining({
          code: 'INVALID_ARGUMENT',
          argument: 'pixels',
          value: given,
          allowed: 'one of Uint8Array, Uint8ClampedArray',
        }),
      );
    }
  }
});

describe('measureNormalization', () => {
  it('refuses no pixel', () => {
    expect(() => measureNormalization(new Uint8Array(0))).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', argument: 'pixels.length', value: 0 }),
    );
  });

  it('is the mean and the standard deviation of p/255', () => {
    // 0, 0.2, and 1: the mean is 0.4, and the squared differences are 0.16, 0.04, and 0.36.
    const { mean, std } = measureNormalization(new Uint8Array([0, 51, 255]));
    expect(mean).toBeCloseTo(0.4, 12);
    expect(std).toBeCloseTo(Math.sqrt(0.56 / 3), 12);
  });

  it('divides by 1 where all pixels are the same', () => {
    expect(measureNormalization(new Uint8Array([51, 51]))).toEqual({ mean: 0.2, std: 1 });
  });
});
