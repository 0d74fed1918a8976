import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { TrainerError } from './errors';
import { reason } from './file-system';

/**
 * The content of a file for `--config`, in YAML or JSON.
 *
 * @param what what the file is to hold, such as `configuration`.
 * @throws {TrainerError} `UNREADABLE` when it cannot be read, `INVALID_DATA` when it is neither, or empty.
 */
export async function readSettingsFile(file: string, what: string): Promise<unknown> {
  const named = { argument: 'config', value: file, file };
  const text = await readFile(file, 'utf8').catch((cause) => {
    const problem = `The ${what} cannot be read: ${reason(cause)}.`;
    throw new TrainerError('UNREADABLE', { ...named, problem }, { cause });
  });
  // YAML 1.2 has JSON in it; a .json file is read as such for its clearer errors.
  const format = extname(file).toLowerCase() === '.json' ? 'JSON' : 'YAML';
  let content: unknown;
  try {
    const bare = text.replace(/^\u{FEFF}/u, '');
    content = format === 'JSON' ? JSON.parse(bare) : parseYaml(bare);
  } catch (cause) {
    const problem = `It is not ${format}: ${(cause as Error).message.split('\n')[0].replace(/[.:]?$/, '.')}`;
    throw new TrainerError('INVALID_DATA', { ...named, problem }, { cause });
  }
  if (content === null) throw new TrainerError('INVALID_DATA', { ...named, problem: 'It is empty.' });
  return content;
}
