import { HarmonicError } from '@harmonic-mlp/core';
import { baselines, type Cell, periodic } from './cells';
import {
  type Comparison,
  comparisons,
  effort,
  finalistsOfPeriodic,
  type Phase,
  type Start,
} from './comparisons';
import { fileOf, type ResultsOf, ranked } from './results';
import { valuesOf } from './train-stage';

/** The networks of a comparison; none as long as it is not known which they are. */
export function cellsOf(
  { cells, baselines: beside = baselines }: Comparison,
  resultsOf: ResultsOf,
): readonly Cell[] {
  if (cells !== undefined) return cells;
  const [first] = comparisons;
  const known = periodic.flatMap((cell) => {
    const [best] = ranked(resultsOf(first, cell, 'choose'), effort.choosingSeeds);
    return best === undefined ? [] : [{ cell, mean: best.mean }];
  });
  if (known.length < periodic.length) return [];
  known.sort((a, b) => b.mean - a.mean);
  return [...known.slice(0, finalistsOfPeriodic).map(({ cell }) => cell), ...beside];
}

/** What a phase starts from; undefined for one that a network, or a comparison, does not have. */
export function startOf(
  comparison: Comparison,
  cell: Cell,
  phase: Phase,
  resultsOf: ResultsOf,
): Start | undefined {
  if (cell.axes === undefined) return phase === 'final' ? {} : undefined;
  const { name, searchOf = name, chosenOf, axes } = comparison;
  /** The best first. */
  const best = (of: string, before: 'tune' | 'choose') => {
    const from = comparisons.find((each) => each.name === of)!;
    const seeds = before === 'tune' ? [effort.searchSeed] : effort.choosingSeeds;
    const candidates = ranked(resultsOf(from, cell, before), seeds).map(({ values }) => valuesOf(values));
    if (candidates.length > 0) return candidates;
    const problem = `None of the trainings of ${fileOf(of, cell.name, before)} has come to its end.`;
    throw new HarmonicError('INVALID_DATA', { argument: 'results', problem });
  };
  const base = chosenOf === undefined ? {} : best(chosenOf, 'choose')[0];
  const isChosen = chosenOf !== undefined && axes === undefined;
  switch (phase) {
    case 'tune':
      return isChosen || searchOf !== name ? undefined : { base };
    case 'choose':
      return isChosen ? undefined : { base, candidates: best(searchOf, 'tune') };
    case 'final':
      return isChosen ? { base } : { base, candidates: best(name, 'choose') };
  }
}
