import { readFile } from 'node:fs/promises';
import { codeOf, reason, shown } from '@harmonic-mlp/node-trainer';

/** Sentences that each name a file and what is wrong with it. */
export type Problems = string[];

type JsonObject = Record<string, unknown>;

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The object in a JSON file; undefined, and a problem unless the file is optional and not there, if it cannot be read. */
export async function readObject(
  file: string,
  problems: Problems,
  { optional = false } = {},
): Promise<JsonObject | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const isMissing = codeOf(error) === 'ENOENT';
    if (!isMissing) problems.push(`${shown(file)}: It cannot be read: ${reason(error)}.`);
    else if (!optional) problems.push(`${shown(file)}: It is missing.`);
    return undefined;
  }
  try {
    const value: unknown = JSON.parse(text.replace(/^\u{FEFF}/u, ''));
    if (isObject(value)) return value;
  } catch {
    // It is no JSON.
  }
  problems.push(`${shown(file)}: It is damaged: it does not hold a JSON object.`);
  return undefined;
}
