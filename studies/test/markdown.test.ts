import { describe, expect, it } from 'vitest';
import { readBetweenMarkers, replaceBetweenMarkers, toMarkdown } from '../src/markdown';

describe('a table in a document', () => {
  it('is Markdown with even columns', () => {
    const table = {
      columns: ['name', 'error'],
      rows: [
        ['|x|', '1'],
        ['sine', '12.5'],
      ],
    };
    expect(toMarkdown(table).split('\n')).toEqual([
      '| name  | error |',
      '| ----- | ----: |',
      '| \\|x\\| |     1 |',
      '| sine  |  12.5 |',
    ]);
  });

  it('replaces what is between its markers, and nothing else', () => {
    const document = 'a <!-- study:x -->old<!-- /study:x --> b <!-- bench:y -->y<!-- /bench:y -->';
    const changed = replaceBetweenMarkers(document, 'study:x', 'new');
    expect(changed).toBe(
      'a <!-- study:x -->\n\nnew\n\n<!-- /study:x --> b <!-- bench:y -->y<!-- /bench:y -->',
    );
    expect(readBetweenMarkers(changed, 'study:x')).toBe('new');
    expect(replaceBetweenMarkers(changed, 'study:x', 'new')).toBe(changed);
  });

  it.each(['', '<!-- study:x -->', '<!-- /study:x --><!-- study:x -->'])('needs its markers: %j', (text) => {
    expect(() => replaceBetweenMarkers(text, 'study:x', 'new')).toThrow(
      'The document has no <!-- study:x --> followed by <!-- /study:x -->.',
    );
  });
});
