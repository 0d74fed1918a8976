import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { activations, type Hyperparameters, periods } from '../src';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

/** The cells of the table under a heading. */
function tableUnder(heading: string): string[][] {
  const [, after] = readme.split(`\n${heading}\n`);
  const lines = after.split('\n').slice(after.split('\n').findIndex((line) => line.startsWith('|')));
  const rows = lines.slice(
    2,
    lines.findIndex((line) => !line.startsWith('|')),
  );
  return rows.map((line) =>
    line
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll('\\|', '|')),
  );
}

const rounded = (value: number) => Number(value.toPrecision(3));

const defaults = (hyperparameters: Hyperparameters<string>) =>
  Object.entries(hyperparameters)
    .map(([name, { default: value }]) =>
      value === undefined ? `\`${name}\`` : `\`${name}\` ${rounded(value)}`,
    )
    .join(', ');

it('The README lists the activations', () => {
  expect(tableUnder('### Activations')).toEqual(
    Object.values(activations).map(({ name, summary, hyperparameters }) => [
      `\`${name}\``,
      summary,
      defaults(hyperparameters),
    ]),
  );
});

it('The README lists the distributions of periods', () => {
  expect(tableUnder('### Periods')).toEqual([
    ...Object.values(periods).map(({ name, summary, hyperparameters }) => [
      `\`${[name, Object.keys(hyperparameters).join(',')].filter(Boolean).join(':')}\``,
      summary,
      defaults(hyperparameters),
    ]),
    ['`list:p,…`', 'the given periods, repeated over the units', ''],
  ]);
});
