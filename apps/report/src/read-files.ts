import { readFile } from 'node:fs/promises';
import { codeOf, reason, shown } from '@harmonic-mlp/node-trainer';

/** Sentences that each name a file and what is wrong with it. */
export type Problems = string[];

/** The text of a file; undefined, and a problem unless it is optional, if it cannot be read. */
export async function readText(
  file: string,
  problems: Problems,
  { optional = false } = {},
): Promise<string | undefined> {
  try {
    return (await readFile(file, 'utf8')).replace(/^\u{FEFF}/u, '');
  } catch (error) {
    if (!(optional && codeOf(error) === 'ENOENT')) {
      problems.push(`${shown(file)} cannot be read: ${reason(error)}.`);
    }
    return undefined;
  }
}

type JsonObject = Record<string, unknown>;

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The object in a JSON file. */
export async function readObject(
  file: string,
  problems: Problems,
  options?: { optional?: boolean },
): Promise<JsonObject | undefined> {
  const text = await readText(file, problems, options);
  if (text === undefined) return undefined;
  const value = parse(text);
  if (isObject(value)) return value;
  problems.push(`${shown(file)} is damaged: it does not hold a JSON object.`);
  return undefined;
}

/** The objects in a file with one on each line; a damaged line is left out. */
export async function readLines(
  file: string,
  problems: Problems,
  options?: { optional?: boolean },
): Promise<JsonObject[]> {
  const text = await readText(file, problems, options);
  const damaged: number[] = [];
  const objects = (text ?? '').split('\n').flatMap((line, i) => {
    if (line.trim() === '') return [];
    // A checksum may follow the object.
    const value = parse(line) ?? parse(line.slice(0, line.lastIndexOf('}') + 1));
    if (isObject(value)) return [value];
    damaged.push(i + 1);
    return [];
  });
  if (damaged.length > 0) {
    const lines = `line${damaged.length === 1 ? '' : 's'} ${new Intl.ListFormat('en').format(damaged.map(String))}`;
    problems.push(`${shown(file)} is damaged in ${lines}, left out here.`);
  }
  return objects;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
