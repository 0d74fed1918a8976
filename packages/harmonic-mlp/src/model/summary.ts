import { requireNumber, requireOptions } from '@harmonic-mlp/core';
import { outputSizeOf } from './config';
import type { Network } from './network';

/** The layout of {@link HarmonicMLP.summary}. */
export interface SummaryOptions {
  /** The maximal length of a line; longer names of layers continue on the next line. Default: no limit. */
  width?: number;
}

/** A table of a model's layers, their output widths, and parameter counts. */
export function summarize(
  { config, fourierFeatures, hidden, output, parameters, parameterCount }: Network,
  options?: SummaryOptions,
): string {
  const { width } = requireOptions('options', options, 'model.summary({ width: 80 })', { width: true });
  if (width !== undefined) requireNumber('width', width, { min: 1 });
  const { inputSize, dropout, norm = 'after', normKind = 'batch' } = config;
  const count = (path: string) =>
    Object.entries(parameters)
      .filter(([name]) => name.slice(0, name.lastIndexOf('/')) === path)
      .reduce((total, [, { size }]) => total + size, 0);
  const rows: [layer: string, output: number, parameters: number][] = hidden.flatMap(({ layer }, i) => {
    const normalization =
      norm !== 'none' && `${normKind} norm${norm === 'before' ? ' before the activation' : ''}`;
    const name = [normalization, dropout > 0 && `dropout ${dropout}`].filter(Boolean).join(', ');
    const own: (typeof rows)[number] = [layer.description, layer.units, count(`hidden.${i}`)];
    return name === '' ? [own] : [own, [name, layer.units, count(`hidden.${i}/norm`)]];
  });
  const table = [
    ['layer', 'output', 'parameters'],
    [config.standardizeInputs ? 'input, standardized' : 'input', String(inputSize), '0'],
    ...(fourierFeatures === undefined
      ? []
      : [[`Fourier features (${fourierFeatures.encoding})`, String(fourierFeatures.outputSize), '0']]),
    ...rows.map(([layer, output, number]) => [layer, String(output), number.toLocaleString('en')]),
    [output.description, String(outputSizeOf(config)), count('output').toLocaleString('en')],
    ['total', '', parameterCount.toLocaleString('en')],
  ];
  const widths = [0, 1, 2].map((column) => Math.max(...table.map((row) => row[column].length)));
  const room = Math.max(12, Math.min(widths[0], (width ?? Infinity) - widths[1] - widths[2] - 4));
  return table
    .flatMap(([layer, output, number]) => {
      const lines = linesOf(layer, room);
      const last = lines.pop()!;
      return [
        ...lines,
        [last.padEnd(room), output.padStart(widths[1]), number.padStart(widths[2])].join('  '),
      ];
    })
    .join('\n');
}

/** The lines of a name, broken between words; lines after the first are indented. */
function linesOf(name: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of name.split(' ')) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + 1 + word.length <= width) lines[lines.length - 1] += ` ${word}`;
    else lines.push(line === undefined ? word : `  ${word}`);
  }
  return lines;
}
