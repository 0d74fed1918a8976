import { expect, it } from 'vitest';
import { csv } from './csv';

it('quotes what would be taken for a separator, and leaves missing values empty', () => {
  const rows = [
    [1, true, undefined, null],
    ['a, b', 'say "no"', 'two\nlines', [64, 32]],
  ];
  expect(csv(['run', 'x', 'y', 'z'], rows)).toBe(
    'run,x,y,z\n1,yes,,\n"a, b","say ""no""","two\nlines","64,32"\n',
  );
});
