import { computed, effect, signal } from '@preact/signals';
import { isMade } from './dataset';
import { ImageLoader } from './image-loader';
import { Session } from './session';
import {
  fromQuery,
  initialTextsFor,
  parseSettings,
  type Texts,
  textsOfLoaded,
  toQuery,
  withText,
} from './settings';

export type Demo = ReturnType<typeof openDemo>;

/** Starts the workers and loading the images, and keeps settings, address, and untrained networks in sync. */
export function openDemo() {
  const address = fromQuery(location.search);
  const texts = signal<Texts>(address.texts);
  /** The parts of the address that are invalid. */
  const ignored = signal<string[]>(address.ignored);
  const parsed = computed(() => parseSettings(texts.value));
  /** The settings, or those that suit the data set while some are invalid. */
  const validSettings = () =>
    parsed.value.settings ??
    parseSettings(initialTextsFor(texts.value.dataset, texts.value.preset)).settings!;
  const loader = new ImageLoader();
  const session = new Session(loader, validSettings());

  // The address holds the settings, so that a link, a bookmark, or a reload gives the same run.
  effect(() => {
    const query = toQuery(texts.value);
    // Not with each keystroke: browsers limit how often an address can change.
    const later = setTimeout(() => {
      history.replaceState(null, '', `${location.pathname}${query && `?${query}`}${location.hash}`);
    }, 200);
    return () => clearTimeout(later);
  });

  // After a failed run, only settings changed since then start over.
  effect(() => {
    if (session.phase.value === 'failed' && session.hasBegun) session.prepared.value = parsed.peek().settings;
  });

  // Untrained networks follow the settings, and so do failed ones; networks that have learned something stay until the next
  // run.
  effect(() => {
    const { settings } = parsed.value;
    const { value: phase } = session.phase;
    if ((phase !== 'ready' && phase !== 'failed') || settings === undefined) return;
    if (JSON.stringify(settings) === JSON.stringify(session.prepared.value)) return;
    const later = setTimeout(() => void session.follow(settings), 300);
    return () => clearTimeout(later);
  });

  void session.reset(validSettings());
  // Whoever chooses made data downloads nothing.
  effect(() => {
    if (!isMade(texts.value.dataset)) loader.begin();
  });

  return {
    texts,
    ignored,
    parsed,
    loader,
    session,
    /** Loads the network from a file, and the settings that the file contains. */
    async load(bytes: Uint8Array) {
      const loaded = await session.load(bytes, validSettings());
      texts.value = textsOfLoaded(texts.value, loaded.settings, loaded.resumable);
      return loaded;
    },
    change(name: string, text: string): void {
      texts.value = withText(texts.value, name, text);
    },
    /** Gives all settings the values of the preset, or those that suit the data set. */
    restore(): void {
      texts.value = initialTextsFor(texts.value.dataset, texts.value.preset);
    },
  };
}
