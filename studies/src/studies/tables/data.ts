import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

type Row = { readonly [column: string]: string | number | null };

/** A regression on a table of the npm package vega-datasets. */
export interface TableTask {
  readonly name: string;
  readonly file: string;
  /** The column to predict, and its unit. */
  readonly target: string;
  readonly unit: string;
  /** The inputs: columns as numbers, and columns that are 1 for one of their values. */
  readonly inputs: readonly ((row: Row) => number)[];
}

const column = (name: string) => (row: Row) => Number(row[name]);
const is = (name: string, value: string) => (row: Row) => Number(row[name] === value);

export const tasks: readonly TableTask[] = [
  {
    name: 'cars',
    file: 'cars.json',
    target: 'Miles_per_Gallon',
    unit: 'mpg',
    inputs: [
      ...['Cylinders', 'Displacement', 'Horsepower', 'Weight_in_lbs', 'Acceleration'].map(column),
      (row) => Number(String(row.Year).slice(0, 4)),
      ...['USA', 'Europe', 'Japan'].map((value) => is('Origin', value)),
    ],
  },
  {
    name: 'penguins',
    file: 'penguins.json',
    target: 'Body Mass (g)',
    unit: 'g',
    inputs: [
      ...['Beak Length (mm)', 'Beak Depth (mm)', 'Flipper Length (mm)'].map(column),
      ...['Adelie', 'Chinstrap', 'Gentoo'].map((value) => is('Species', value)),
      is('Sex', 'FEMALE'),
    ],
  },
];

/** Examples as rows. */
export interface Examples {
  readonly inputs: number[][];
  readonly targets: number[];
}

/** The rows of a task in which nothing is missing. */
export function readTable({ file, target, inputs }: TableTask): Examples {
  const entry = createRequire(import.meta.url).resolve('vega-datasets');
  const rows: Row[] = JSON.parse(readFileSync(join(dirname(entry), '../data', file), 'utf8'));
  const complete = rows.filter((row) => Object.values(row).every((value) => value !== null && value !== '.'));
  return {
    inputs: complete.map((row) => inputs.map((of) => of(row))),
    targets: complete.map((row) => Number(row[target])),
  };
}

/** The first to the fifth way to keep a fifth of the examples for a test: row i is tested if i mod 5 is the fold. */
export function split({ inputs, targets }: Examples, fold: number): { train: Examples; test: Examples } {
  const isTest = (_: unknown, i: number) => i % 5 === fold;
  const isTrain = (_: unknown, i: number) => i % 5 !== fold;
  return {
    train: { inputs: inputs.filter(isTrain), targets: targets.filter(isTrain) },
    test: { inputs: inputs.filter(isTest), targets: targets.filter(isTest) },
  };
}
