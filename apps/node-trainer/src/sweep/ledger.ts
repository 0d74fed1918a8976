import { open, readFile, truncate } from 'node:fs/promises';
import { resolve } from 'node:path';
import { crc32 } from 'node:zlib';
import { TrainerError } from '../errors';
import { codeOf, reason } from '../file-system';

/** A line of a ledger. */
export type LedgerRecord = Readonly<Record<string, unknown>>;

/** What is in a ledger. */
export interface LedgerContent {
  records: LedgerRecord[];
  /** The numbers of the lines that are not as they were written. */
  damaged: number[];
}

const end = /,"crc":"([0-9a-f]{8})"\}$/;

const checksum = (text: string) => crc32(text).toString(16).padStart(8, '0');

/** A record as a line of JSON, whose last member is the CRC-32 of the others. */
function lineOf(record: LedgerRecord): string {
  const text = JSON.stringify(record);
  return `${text.slice(0, -1)},"crc":"${checksum(text)}"}\n`;
}

/** The record on a line; undefined if that is damaged. */
function recordOf(line: string): LedgerRecord | undefined {
  const crc = end.exec(line)?.[1];
  const text = line.replace(end, '}');
  return crc === checksum(text) ? JSON.parse(text) : undefined;
}

/**
 * A file to which records are only ever appended, each on a line with a checksum and flushed to the disk, so that whatever ends the
 * process, all that was recorded before is there. The rest of a line that was being written is removed when it is opened again.
 */
export class Ledger {
  readonly #file: string;
  #length: number;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(file: string, length: number) {
    this.#file = file;
    this.#length = length;
  }

  /**
   * Opens a ledger, and creates it if need be.
   *
   * @throws {TrainerError} `UNREADABLE` or `UNWRITABLE`.
   */
  static async open(file: string): Promise<{ ledger: Ledger } & LedgerContent> {
    const bytes = await readFile(file).catch((cause) => {
      if (codeOf(cause) === 'ENOENT') return Buffer.alloc(0);
      const problem = `The ledger of the sweep cannot be read: ${reason(cause)}.`;
      throw new TrainerError('UNREADABLE', { problem, file: resolve(file) }, { cause });
    });
    const length = bytes.lastIndexOf('\n') + 1;
    if (length < bytes.length) await truncate(file, length).catch((cause) => unwritable(file, cause));
    return { ledger: new Ledger(file, length), ...contentOf(bytes.toString('utf8', 0, length)) };
  }

  /**
   * Appends a record; several are appended in the order of the calls.
   *
   * @throws {TrainerError} `UNWRITABLE` when it cannot; what was recorded before is intact.
   */
  append(record: LedgerRecord): Promise<void> {
    const written = this.#last.then(() => this.#write(lineOf(record)));
    this.#last = written.catch(() => {});
    return written;
  }

  async #write(line: string): Promise<void> {
    try {
      const file = await open(this.#file, 'a');
      try {
        await file.writeFile(line);
        await file.sync();
        this.#length += Buffer.byteLength(line);
      } finally {
        await file.close();
      }
    } catch (cause) {
      // Whatever part of the line is there.
      await truncate(this.#file, this.#length).catch(() => {});
      unwritable(this.#file, cause);
    }
  }
}

/** The records of a ledger, without changing it. */
export const readLedger = async (file: string): Promise<LedgerContent> =>
  contentOf((await readFile(file, 'utf8')).replace(/[^\n]*$/, ''));

function contentOf(text: string): LedgerContent {
  const content: LedgerContent = { records: [], damaged: [] };
  for (const [i, line] of text.split('\n').slice(0, -1).entries()) {
    const record = recordOf(line);
    if (record === undefined) content.damaged.push(i + 1);
    else content.records.push(record);
  }
  return content;
}

function unwritable(file: string, cause: unknown): never {
  const problem = `The ledger of the sweep cannot be written: ${reason(cause)}.`;
  const fix = 'What was recorded before is intact: make room, and resume the sweep.';
  throw new TrainerError('UNWRITABLE', { problem, file: resolve(file), fix }, { cause });
}
