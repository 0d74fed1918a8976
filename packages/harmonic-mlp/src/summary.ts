import type { HarmonicMLP } from './harmonic-mlp';

/** A table of a model's layers, their output widths and parameter counts. */
export function summarize({ config, parameters, parameterCount }: HarmonicMLP): string {
  const { inputSize, classes, hidden, activation, baseFreq, maxFreq, residual, dropout } = config;
  const count = (path: string) =>
    Object.entries(parameters)
      .filter(([name]) => name.slice(0, name.lastIndexOf('/')) === path)
      .reduce((total, [, { size }]) => total + size, 0);
  const rows: [layer: string, output: number, parameters: number][] = hidden.flatMap((units, i) => {
    const periods = `periods ${baseFreq[i]} to ${Math.min(maxFreq[i], baseFreq[i] * units)}, residual ${residual}`;
    return [
      [activation === 'harmonic' ? `harmonic (${periods})` : activation, units, count(`hidden.${i}`)],
      [`batch norm${dropout > 0 ? `, dropout ${dropout}` : ''}`, units, count(`hidden.${i}/norm`)],
    ];
  });
  const table = [
    ['layer', 'output', 'parameters'],
    ['input', String(inputSize), '0'],
    ...rows.map(([layer, output, number]) => [layer, String(output), number.toLocaleString('en')]),
    ['linear', String(classes), count('output').toLocaleString('en')],
    ['total', '', parameterCount.toLocaleString('en')],
  ];
  const widths = [0, 1, 2].map((column) => Math.max(...table.map((row) => row[column].length)));
  return table
    .map(([layer, output, number]) =>
      [layer.padEnd(widths[0]), output.padStart(widths[1]), number.padStart(widths[2])].join('  '),
    )
    .join('\n');
}
