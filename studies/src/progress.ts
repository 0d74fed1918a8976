/** Reports on standard error what is being trained: overwriting one line on a terminal, else one line for each. */
export class Progress {
  readonly #started = performance.now();

  update(where: string): void {
    const text = `${this.minutes()} ${where}`;
    const { isTTY, columns = 80 } = process.stderr;
    process.stderr.write(isTTY ? `\r\u001b[K${text.slice(0, columns - 1)}` : `${text}\n`);
  }

  /** The time since the start: `3:07`. */
  minutes(): string {
    const seconds = Math.floor((performance.now() - this.#started) / 1000);
    return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
  }

  /** Leaves a clean line. */
  end(): void {
    if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
  }
}
