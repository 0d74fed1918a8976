/** Reports on standard error what is being measured: overwriting one line on a terminal, else one line per part. */
export class Progress {
  #part = '';

  /** Starts a part. */
  start(part: string): void {
    this.#part = part;
    if (!process.stderr.isTTY) process.stderr.write(`${part}\n`);
    else this.update('');
  }

  /** Reports the progress of the part. */
  update(where: string): void {
    if (!process.stderr.isTTY) return;
    const text = where === '' ? this.#part : `${this.#part}, ${where}`;
    process.stderr.write(`\r\u001b[K${text.slice(0, (process.stderr.columns || 80) - 1)}`);
  }

  /** Leaves a clean line. */
  end(): void {
    if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
  }
}
