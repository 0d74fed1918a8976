import { computed, effect, signal } from '@preact/signals';
import { ImageLoader } from './image-loader';
import { Session } from './session';
import { fromQuery, initialTexts, parseSettings, type Texts, textsOf, toQuery } from './settings';

const defaults = parseSettings(initialTexts).settings!;

export type Demo = ReturnType<typeof openDemo>;

/** Starts the workers and the loading of the images, and keeps settings, address and untrained networks in step. */
export function openDemo() {
  const address = fromQuery(location.search);
  const texts = signal<Texts>(address.texts);
  /** What in the address made no sense. */
  const ignored = signal<string[]>(address.ignored);
  const parsed = computed(() => parseSettings(texts.value));
  const loader = new ImageLoader();
  const session = new Session(loader);

  // The address tells the settings, so that a link, a bookmark or a reload gives the same run.
  effect(() => {
    const query = toQuery(texts.value);
    // Not with each key: browsers limit how often an address is changed.
    const later = setTimeout(() => {
      history.replaceState(null, '', `${location.pathname}${query && `?${query}`}${location.hash}`);
    }, 200);
    return () => clearTimeout(later);
  });

  // What fails in a run is begun anew when settings are changed after that, not by those of before.
  effect(() => {
    if (session.phase.value === 'failed' && session.hasBegun) session.prepared.value = parsed.peek().settings;
  });

  // Untrained networks follow the settings, and so does what has failed; networks that have learnt something stay until
  // the next run.
  effect(() => {
    const { settings } = parsed.value;
    const { value: phase } = session.phase;
    if ((phase !== 'ready' && phase !== 'failed') || settings === undefined) return;
    if (JSON.stringify(settings) === JSON.stringify(session.prepared.value)) return;
    const later = setTimeout(() => void session.follow(settings), 300);
    return () => clearTimeout(later);
  });

  void session.reset(parsed.value.settings ?? defaults);
  void loader.load();

  return {
    texts,
    ignored,
    parsed,
    loader,
    session,
    /** Takes the network of a file, and the settings that the file tells. */
    async load(bytes: Uint8Array) {
      const loaded = await session.load(bytes, parsed.value.settings ?? defaults);
      // Settings that a run was not given are not those of before.
      const others = loaded.resumable ? initialTexts : texts.value;
      texts.value = { ...others, ...textsOf({ ...loaded.settings, compare: false }) };
      return loaded;
    },
    change(name: string, text: string): void {
      texts.value = { ...texts.value, [name]: text };
    },
  };
}
