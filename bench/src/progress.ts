/** Says on standard error what is being measured: over one line of a terminal, else one line for each part. */
export class Progress {
  #part = '';

  /** A part begins. */
  start(part: string): void {
    this.#part = part;
    if (!process.stderr.isTTY) process.stderr.write(`${part}\n`);
    else this.update('');
  }

  /** Where the part stands. */
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
