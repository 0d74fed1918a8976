import { util } from '@tensorflow/tfjs-core';

/** How far apart the values of a tensor are that covers a matrix, from row to row and from column to column; 0 where one is repeated. */
export interface Steps {
  /** From a value to that in the next row. */
  readonly row: number;
  /** From a value to that in the next column. */
  readonly column: number;
}

/** How a tensor of this shape is broadcast over a matrix of rows and columns; undefined if it is not by rows, columns, or as one number. */
export function stepsOver(shape: readonly number[], rows: number, columns: number): Steps | undefined {
  const size = util.sizeFromShape([...shape]);
  const last = shape.at(-1) ?? 1;
  if (size === 1) return { row: 0, column: 0 };
  if (size === rows * columns && (last === columns || columns === size)) return { row: columns, column: 1 };
  if (size === columns && last === columns) return { row: 0, column: 1 };
  if (size === rows && last === 1) return { row: 1, column: 0 };
  return undefined;
}
