import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { PresetName, TaskName } from 'harmonic-mlp';
import type { SettingValues } from 'harmonic-mlp/settings';
import type { SearchName } from 'harmonic-mlp/sweep';
import { TrainerError } from '../errors';
import { codeOf, reason, writeWhole } from '../file-system';
import type { LedgerRecord } from './ledger';

/** What a sweep trains. Plain JSON. */
export interface SweepPlan {
  readonly format: typeof format;
  /** Its name in queues. */
  readonly id: string;
  /** The preset beneath the settings; missing for the defaults of data made by a formula, and in earlier plans for those of `published`. */
  readonly preset?: PresetName;
  /** The settings that all trials have in common and that differ from the preset's. */
  readonly settings: SettingValues;
  /** The values of the others: lists or ranges. */
  readonly axes: Readonly<Record<string, unknown>>;
  readonly seeds: readonly number[];
  readonly search: SearchName;
  /** The number of configurations, unless it is a grid. */
  readonly trials?: number;
  /** The seed of the search. */
  readonly searchSeed: number;
  readonly prune: string;
  readonly pruning: Readonly<Record<string, number>>;
  /** The validation metric by which configurations are compared. */
  readonly metric: string;
  readonly goal: 'maximize' | 'minimize';
  readonly task: TaskName;
  /** Of the training data; missing for data made by a formula, which each seed draws anew. */
  readonly dataFingerprint?: string;
  readonly versions: Readonly<Record<string, string>>;
}

export const format = 'harmonic-mlp sweep 1';

/** The files of a sweep in its folder. */
export const sweepFiles = {
  plan: 'sweep.json',
  ledger: 'ledger.jsonl',
  result: 'result.json',
  trials: 'trials',
} as const;

/** @throws {TrainerError} `UNWRITABLE`. */
export async function writePlan(folder: string, plan: SweepPlan): Promise<void> {
  await writeSweepFile(folder, 'plan', `${JSON.stringify(plan, null, 2)}\n`);
}

/** Writes a file of a sweep whole, or leaves the earlier one unchanged. */
export async function writeSweepFile(
  folder: string,
  name: 'plan' | 'result',
  content: string,
): Promise<void> {
  const file = join(folder, sweepFiles[name]);
  try {
    await writeWhole(file, content);
  } catch (cause) {
    const problem = `The file cannot be written: ${reason(cause)}.`;
    const fix = 'Make room, and resume the sweep: what was recorded before is intact.';
    throw new TrainerError('UNWRITABLE', { problem, file: resolve(file), fix }, { cause });
  }
}

/** The record of a plan, the first in a ledger. */
export const planRecord = (plan: SweepPlan): LedgerRecord => ({ event: 'sweep', plan });

/**
 * The plan of a sweep, which is in its file and in its ledger.
 *
 * @param records those of the ledger.
 * @returns with a sentence about the file that is damaged, if one is.
 * @throws {TrainerError} `INVALID_DATA` when neither has it.
 */
export async function readPlan(
  folder: string,
  records: readonly LedgerRecord[],
): Promise<{ plan: SweepPlan; warning?: string }> {
  const file = join(folder, sweepFiles.plan);
  const ledger = join(folder, sweepFiles.ledger);
  const first = records[0] as { event?: string; plan?: SweepPlan } | undefined;
  const recorded = first?.event === 'sweep' && isPlan(first.plan) ? first.plan : undefined;
  const { plan, problem } = await planIn(file);
  if (recorded !== undefined) {
    if (plan !== undefined && JSON.stringify(plan) === JSON.stringify(recorded)) return { plan };
    const flaw = problem ?? 'It has been changed since the sweep began.';
    return { plan: recorded, warning: `${file}: ${flaw} The plan in ${ledger} is used.` };
  }
  if (plan === undefined) {
    const known = { problem: problem ?? 'It is not there.', file: resolve(file) };
    throw new TrainerError('INVALID_DATA', { ...known, fix: 'Pass the folder of a sweep.' });
  }
  if (records.length === 0) return { plan };
  return { plan, warning: `${ledger}: Its first record is damaged. The plan in ${file} is used.` };
}

/** The plan in a file, or what is wrong with it. */
async function planIn(file: string): Promise<{ plan?: SweepPlan; problem?: string }> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return { problem: 'There is no sweep in this folder.' };
    return { problem: `It cannot be read: ${reason(error)}.` };
  }
  try {
    const plan = JSON.parse(text);
    return isPlan(plan) ? { plan } : { problem: 'It is not the plan of a sweep.' };
  } catch {
    return { problem: 'It is damaged: it is not JSON.' };
  }
}

function isPlan(value: unknown): value is SweepPlan {
  const plan = Object(value) as Record<keyof SweepPlan, unknown>;
  const texts = ['id', 'search', 'prune', 'metric', 'task'] as const;
  return (
    plan.format === format &&
    texts.every((name) => typeof plan[name] === 'string') &&
    ['settings', 'axes', 'pruning', 'versions'].every((name) => isObject(plan[name as 'settings'])) &&
    Array.isArray(plan.seeds) &&
    typeof plan.searchSeed === 'number' &&
    (plan.goal === 'maximize' || plan.goal === 'minimize')
  );
}

const isObject = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value);
