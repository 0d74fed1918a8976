import type { Address } from './address';
import type { Trouble } from './trouble';

/** Says in a sentence when something goes wrong with the server and when it works again, each once. */
export class Notices {
  readonly #current: Partial<Record<Trouble['about'], string>> = {};
  readonly #said = new Set<string>();

  constructor(
    readonly address: Address,
    readonly say: (text: string) => void,
  ) {}

  /** Reports a trouble, unless it is the one reported last. */
  trouble({ about, kind, text }: Trouble): void {
    if (this.#current[about] === kind) return;
    this.#current[about] = kind;
    this.say(text);
  }

  /** Reports that a trouble is over, if there was one. */
  fine(about: Trouble['about']): void {
    if (this.#current[about] === undefined) return;
    delete this.#current[about];
    const again = about === 'connection' ? 'is there again' : 'accepts trials again';
    this.say(`The Redis server at ${this.address.shown} ${again}.`);
  }

  /** Says a sentence, but not a second time. */
  once(text: string): void {
    if (this.#said.has(text)) return;
    this.#said.add(text);
    this.say(text);
  }
}
