import { clearScreenDown, moveCursor } from 'node:readline';
import { errors } from './output';

/** How often lines are drawn again, in ms. */
const pause = 120;

/** Lines at the bottom of a terminal that are drawn again as they change; elsewhere nothing is drawn. */
export class LiveLines {
  #drawn = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param lines gives the lines when they are drawn, soon. */
  update(lines: () => readonly string[]): void {
    if (!errors.isTerminal) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#draw(lines());
    }, pause);
  }

  /** Removes them, so that something else can be printed. */
  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#drawn > 0) this.#erase();
  }

  #draw(lines: readonly string[]): void {
    this.#erase();
    // The last line of the terminal stays empty: a table that does not fit could not be erased.
    const most = Math.max(1, (process.stderr.rows ?? 24) - 1);
    const drawn = lines.slice(0, most);
    for (const line of drawn) errors.print(line);
    this.#drawn = drawn.length;
  }

  #erase(): void {
    if (this.#drawn === 0) return;
    moveCursor(process.stderr, 0, -this.#drawn);
    clearScreenDown(process.stderr);
    this.#drawn = 0;
  }
}
