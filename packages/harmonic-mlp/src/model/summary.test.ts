import '@tensorflow/tfjs-backend-cpu';
import { setBackend } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { type HarmonicMLPOptions, Network, summarize } from '.';

beforeAll(() => setBackend('cpu'));

/** The lines of a summary. */
function linesOf(options: HarmonicMLPOptions, width?: number): string[] {
  const network = new Network(options);
  const lines = summarize(network, width === undefined ? undefined : { width }).split('\n');
  network.dispose();
  return lines;
}

describe('The summary of a model', () => {
  it('says nothing of a dropout that there is not, and counts what is in a layer', () => {
    expect(linesOf({ inputSize: 3, classes: 2, hidden: [4], activation: 'relu', dropout: 0 })).toEqual([
      'layer         output  parameters',
      'input              3           0',
      'relu               4          16',
      'batch norm         4           8',
      'linear             2          10',
      'total                         34',
    ]);
  });

  it.each<[number, string[]]>([
    [62, ['harmonic (periods 1 to 4, residual 0.1)']],
    [58, ['harmonic (periods 1 to 4, residual', '  0.1)']],
    [45, ['harmonic (periods 1 to 4,', '  residual 0.1)']],
    [44, ['harmonic (periods 1 to', '  4, residual 0.1)']],
    [1, ['harmonic', '  (periods 1', '  to 4,', '  residual', '  0.1)']],
  ])('breaks long names between words in a line of %i characters', (width, names) => {
    const lines = linesOf({ inputSize: 3, classes: 2, hidden: [4] }, width);
    const room = Math.max(12, Math.min(39, width - 20));
    expect(lines.slice(2, 2 + names.length).map((line) => line.slice(0, room).trimEnd())).toEqual(names);
    const rows = lines.filter((line) => line.length > room);
    expect(rows.map(({ length }) => length)).toEqual(rows.map(() => room + 20));
  });

  it.each([0, Number.NaN, '80'])('refuses the width %j', (width) => {
    const network = new Network({ inputSize: 3, hidden: [] });
    expect(() => summarize(network, { width: width as number })).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', argument: 'width', value: width }),
    );
    network.dispose();
  });
});
