import { expect, it } from 'vitest';
import { markdownTable } from './markdown-table';

const rows = (values: object) => markdownTable(values).split('\n').slice(2, -1);

it('has a row for each value, with the path of its name', () => {
  const table = markdownTable({
    epochs: 3,
    model: { hidden: [512, 256], norm: { kind: 'batch' } },
    on: true,
  });
  expect(table).toBe(`| name | value |
| --- | --- |
| epochs | 3 |
| model.hidden | 512, 256 |
| model.norm.kind | batch |
| on | true |
`);
});

it('leaves out what is not there', () => {
  expect(rows({ none: undefined, empty: [], text: '', method() {}, nothing: null })).toEqual([
    '| nothing | null |',
  ]);
});

it('keeps what Markdown and HTML would read', () => {
  expect(rows({ 'data|dir': 'C:\\a_b*c|d`e`', note: 'two\nlines <b>&</b>' })).toEqual([
    String.raw`| data\|dir | C:\\a\_b\*c\|d\`e\` |`,
    '| note | two lines &lt;b\\>&amp;&lt;/b\\> |',
  ]);
});

it('shortens long values', () => {
  const [row] = rows({ periods: new Float32Array(512).fill(5) });
  expect(row).toMatch(/^\| periods \| 5, 5, .*, 5…? ?… \|$|^\| periods \| (5, ?)+.*… \|$/);
  expect(row.length).toBeLessThan(230);
});
