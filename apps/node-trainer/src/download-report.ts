import type { DatasetEvent } from '@harmonic-mlp/mnist-data/node';
import { SingleBar } from 'cli-progress';
import { errors } from './output';
import { progressBarOptions } from './progress-bar';

const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1);

/** Shows on standard error how a download proceeds: with a bar on a terminal, or else with a line for each file. */
export class DownloadReport {
  #bar: SingleBar | undefined;
  #file = '';
  readonly #said = new Set<string>();

  event(event: DatasetEvent): void {
    switch (event.type) {
      case 'progress':
        this.#progress(event);
        break;
      case 'retry':
        this.#say(`${event.file}: ${event.reason.split(/:?\n/)[0]} (${event.url})`);
        break;
      case 'unverified':
        this.#say(
          event.pinned
            ? `${event.file} has no published checksum; from now on it must remain the file of today (SHA-256 ${event.sha256.slice(0, 12)}…).`
            : `${event.file} has no published checksum; it is used unchecked.`,
        );
        break;
      case 'uncached':
        this.#say(`${event.folder} cannot be written to (${event.reason}), so the files are not kept.`);
    }
  }

  end(): void {
    this.#bar?.stop();
    this.#bar = undefined;
    this.#file = '';
  }

  #progress({ file, url, received, total }: Extract<DatasetEvent, { type: 'progress' }>): void {
    const isNew = file !== this.#file;
    if (isNew) this.end();
    this.#file = file;
    if (!errors.isTerminal) {
      if (isNew) this.#say(`Downloading ${url}${total ? `, ${megabytes(total)} MB` : ''}`);
      return;
    }
    const values = { file, received: megabytes(received), size: total ? megabytes(total) : '?' };
    if (this.#bar === undefined) {
      this.#bar = new SingleBar({
        ...progressBarOptions(),
        format: '{bar}  {received} of {size} MB  {file}',
      });
      this.#bar.start(total ?? 0, received, values);
    } else {
      this.#bar.update(received, values);
    }
  }

  /** An address is tried several times, but its problem is reported only once. */
  #say(line: string): void {
    if (this.#said.has(line)) return;
    this.#said.add(line);
    this.#bar?.stop();
    this.#bar = undefined;
    errors.say(line, 2);
  }
}
