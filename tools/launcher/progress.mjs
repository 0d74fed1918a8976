/**
 * One line on standard error that shows the current activity and its progress. On a terminal, the line is overwritten;
 * elsewhere, its beginning is written once.
 */
export class Progress {
  #beginning;
  #shown = false;
  #isTerminal = process.stderr.isTTY && process.env.TERM !== 'dumb';

  constructor(beginning) {
    this.#beginning = beginning;
  }

  update(detail) {
    if (this.#isTerminal) {
      const width = (process.stderr.columns || 80) - 1;
      const line = detail === undefined ? this.#beginning : `${this.#beginning}: ${detail}`;
      process.stderr.write(`\r\x1b[K${line.slice(0, width)}`);
    } else if (!this.#shown) {
      process.stderr.write(`${this.#beginning} …\n`);
    }
    this.#shown = true;
  }

  end() {
    if (this.#shown && this.#isTerminal) process.stderr.write('\r\x1b[K');
  }
}
