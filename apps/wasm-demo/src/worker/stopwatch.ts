/** Adds up the time during which it runs. */
export class Stopwatch {
  #total = 0;
  #started: number | undefined;

  get seconds(): number {
    const running = this.#started === undefined ? 0 : performance.now() - this.#started;
    return (this.#total + running) / 1000;
  }

  start(): void {
    this.#started ??= performance.now();
  }

  stop(): void {
    this.#total = this.seconds * 1000;
    this.#started = undefined;
  }

  reset(seconds = 0): void {
    this.#total = seconds * 1000;
    this.#started = undefined;
  }
}
