import { isDeepStrictEqual } from 'node:util';

/** What a trial gives: JSON. */
export interface TrialResult {
  /** What every run of the same trial must give, to the bit; other fields, such as times, may differ. */
  exact: object;
  /** Results are compared only with those of the same word: what they were computed with. Default: with all. */
  comparable?: string;
  [field: string]: unknown;
}

/** A result as it is kept in Redis. */
export interface ResultRecord {
  result: TrialResult;
  /** Whether the coordinator had asked the trial to end, so that where it ended depends on timing. */
  stopped: boolean;
  worker: string;
}

/** A failure as it is kept in Redis. */
export interface FailureRecord {
  message: string;
  code?: string;
  worker: string;
}

/** What a trial reported, as it is kept in Redis. */
export interface ProgressRecord {
  progress: unknown;
  worker: string;
}

/** Two results of the same trial that should have been equal. */
export interface Difference {
  /** The trial. */
  key: string;
  /** The result that came first and is kept, and who computed it. */
  kept: { result: TrialResult; worker: string };
  /** The result that came later and is not used, and who computed it. */
  other: { result: TrialResult; worker: string };
}

/** Whether two records of a trial say the same, as far as they must. Trials that were stopped ended where they happened to be. */
export const agree = (one: ResultRecord, other: ResultRecord): boolean =>
  one.stopped ||
  other.stopped ||
  one.result.comparable !== other.result.comparable ||
  isDeepStrictEqual(one.result.exact, other.result.exact);

/** The sentence about a difference. */
export function tellDifference({ key, kept, other }: Difference): string {
  const part = ({ result, worker }: Difference['kept']) => `${JSON.stringify(result.exact)} on ${worker}`;
  return `Trial ${key} gave different results: ${part(kept)}, which is kept, and ${part(other)}.`;
}
