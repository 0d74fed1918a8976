import { expect, it } from 'vitest';
import { output } from './output';
import { type PlotOptions, type Series, terminalPlot } from './terminal-plot';

const plain = new Proxy(output.colors, { get: () => String });

const drawn = (series: readonly Series[], options: Partial<PlotOptions> = {}) =>
  terminalPlot(series, {
    x: { title: 'epoch' },
    y: { title: 'loss' },
    width: 30,
    height: 5,
    colors: plain,
    ...options,
  }).split('\n');

const falling = {
  points: [
    [1, 0.5],
    [2, 0.25],
    [3, 0.1],
  ],
} satisfies Series;

it('draws a line between points over axes with round numbers', () => {
  expect(drawn([falling])).toEqual([
    'loss',
    '    │••',
    '0.4 ┤  ••••',
    '    │      ••••',
    '0.2 ┤          ••••••••',
    '    │                  •••••••',
    '    └┬───────────┬───────────┬',
    '     1           2           3',
    '                         epoch',
  ]);
});

it('draws decades at equal distances on a logarithmic axis', () => {
  const points = [
    [1e-5, 3],
    [1e-4, 2],
    [1e-3, 1],
    [1e-2, 5],
  ] as const;
  expect(drawn([{ points }], { x: { title: 'learning rate', scale: 'log' } }).slice(-3)).toEqual([
    '  └┬────────┬───────┬────────┬',
    '  1e-5     1e-4   0.001   0.01',
    '                 learning rate',
  ]);
  // A short range has round numbers too.
  const short = drawn(
    [
      {
        points: [
          [1, 2e-4],
          [2, 8e-4],
        ],
      },
    ],
    { y: { title: 'loss', scale: 'log' } },
  );
  expect(short.join('\n')).toMatch(/5e-4 ┤.*2e-4 ┤/s);
});

it('tells series apart by characters and colors, the first above the others, with a legend', () => {
  const colors = new Proxy(output.colors, {
    get: (_, name) => (text: string) => `<${String(name)} ${text}>`,
  });
  const both = [
    {
      name: 'runs/a',
      points: [
        [1, 0],
        [2, 0],
      ],
    },
    {
      name: 'runs/b',
      points: [
        [1, 0],
        [2, 1],
      ],
    },
  ] as const;
  const lines = drawn(both, { colors, height: 3 });
  expect(lines).toContain('<cyan •> runs/a');
  expect(lines).toContain('<yellow +> runs/b');
  expect(lines.join('\n')).toMatch(/┤<cyan •{27}>\n/);
});

it('marks places on the x axis', () => {
  const lines = drawn([falling], {
    marks: [
      { x: 2, name: 'suggested' },
      { x: NaN, name: 'none' },
    ],
  });
  expect(lines.filter((line) => line.charAt(17) === '┊')).toHaveLength(4);
  expect(lines).toContain('┊ suggested');
});

it('leaves gaps where a value is missing, and draws nothing without a single point', () => {
  const points = [
    [0, 1],
    [1, 1],
    [2, NaN],
    [9, 1],
    [10, 1],
  ] as const;
  expect(drawn([{ points }]).find((line) => line.includes('•'))).toMatch(/^\s*1? [┤│]•••\s{18,}•••$/);
  expect(drawn([{ points: [[1, 0]] }], { y: { title: 'loss', scale: 'log' } })).toEqual(['']);
  expect(drawn([])).toEqual(['']);
});

it('draws a single point, and epochs as integers', () => {
  const lines = drawn([{ points: [[1, 0.5]] }], { x: { title: 'epoch', integer: true } });
  expect(lines.join('\n').match(/•/g)).toHaveLength(1);
  expect(lines.at(-2)!.trim()).toBe('1');
  const two = drawn(
    [
      {
        points: [
          [1, 0.5],
          [2, 1],
        ],
      },
    ],
    { x: { title: 'epoch', integer: true } },
  );
  expect(two.at(-2)!.trim()).toMatch(/^1 +2$/);
});

it.each([24, 40, 80])('has no line wider than %i columns', (width) => {
  const points = Array.from({ length: 300 }, (_, i) => [i + 1, Math.exp(-i / 40) * 12345] as const);
  const lines = drawn([{ name: 'a run with a long name '.repeat(5), points }], {
    x: { title: 'epoch', integer: true },
    width,
    height: 12,
  });
  for (const line of lines) expect(line.length, line).toBeLessThanOrEqual(width);
});
