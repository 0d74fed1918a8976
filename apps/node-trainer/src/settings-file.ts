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
    content = format === 'JSON' ? JSON.parse(bare) : parseYaml(bare, { logLevel: 'error' });
  } catch (cause) {
    const problem = `It is not ${format}: ${describe(cause as Error, format)}`;
    throw new TrainerError('INVALID_DATA', { ...named, problem }, { cause });
  }
  if (content === null) {
    const problem = text.trim() === '' ? 'It is empty.' : `It holds no ${what}.`;
    throw new TrainerError('INVALID_DATA', { ...named, problem });
  }
  return content;
}

/** What is wrong with a text, in a sentence. YAML's errors go on with the lines around the place. */
function describe({ message, code }: Error & { code?: string }, format: 'JSON' | 'YAML'): string {
  if (code === 'MULTIPLE_DOCS') return 'It holds several documents.';
  const text = format === 'JSON' ? message.replaceAll(/\s+/g, ' ') : message.split('\n')[0];
  return text.replace(/[.:]?$/, '.');
}
