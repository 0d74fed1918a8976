import { afterEach, expect, it, vi } from 'vitest';
import { output } from './output';
import { printFacts, printLabelled, printTable, Table } from './table';

afterEach(() => {
  vi.restoreAllMocks();
});

/** What is printed on a terminal of so many columns. */
function printed(width: number, print: () => void): string[] {
  const lines: string[] = [];
  vi.spyOn(output, 'width', 'get').mockReturnValue(width);
  vi.spyOn(output, 'colors', 'get').mockReturnValue({ ...output.colors, dim: (text) => `dim ${text}` });
  vi.spyOn(output, 'write').mockImplementation((text) => {
    lines.push(...text.split('\n').slice(0, -1));
  });
  print();
  return lines;
}

it('aligns the cells of a table, and leaves out columns where a line would fill the terminal', () => {
  const columns = [
    { title: 'name' },
    { title: 'images', align: 'right', optional: true },
    { title: 'where' },
  ] as const;
  const rows = [
    ['mnist', '70000', 'here'],
    ['qmnist', '120000', 'not here'],
  ];
  const all = ['dim name    images  where', 'mnist    70000  here', 'qmnist  120000  not here'];
  expect(printed(25, () => printTable(columns, rows))).toEqual(all);
  const fewer = ['dim name    where', 'mnist   here', 'qmnist  not here'];
  expect(printed(24, () => printTable(columns, rows))).toEqual(fewer);
});

it('has the same columns in each row of a table that is printed as its rows come', () => {
  const table = new Table([
    { title: 'epoch', width: 5, align: 'right' },
    { title: 'loss', width: 6, align: 'right' },
  ]);
  const print = () => {
    table.printTitles();
    output.print(table.row(['1', '0.25']));
  };
  expect(printed(80, print)).toEqual(['dim epoch    loss', '    1    0.25']);
});

it('prints facts beside their names', () => {
  expect(printed(80, () => printFacts({ Epochs: '15', 'Test loss': '0.1' }))).toEqual([
    '  Epochs     15',
    '  Test loss  0.1',
  ]);
});

it('wraps a text beside its label, or below it on a narrow terminal', () => {
  const text = 'a text that is longer than the line beside its label';
  expect(printed(50, () => printLabelled('label', text))).toEqual([
    'label         a text that is longer than the line',
    '              beside its label',
  ]);
  expect(printed(30, () => printLabelled('label', text))).toEqual([
    'label',
    '  a text that is longer than',
    '  the line beside its label',
  ]);
});
