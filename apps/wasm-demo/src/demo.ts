import { computed, effect, signal } from '@preact/signals';
import { ImageLoader } from './image-loader';
import { Session } from './session';
import {
  fromQuery,
  initialTexts,
  parseSettings,
  type SettingName,
  type Settings,
  type Texts,
  textsOf,
  toQuery,
} from './settings';

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
    history.replaceState(null, '', `${location.pathname}${query && `?${query}`}${location.hash}`);
  });

  // Untrained networks follow the settings; networks that have learnt something stay until the next run.
  effect(() => {
    const { settings } = parsed.value;
    if (session.phase.value !== 'ready' || settings === undefined) return;
    if (JSON.stringify(settings) === JSON.stringify(session.prepared.value)) return;
    const later = setTimeout(() => void session.reset(settings), 300);
    return () => clearTimeout(later);
  });

  void session.open(parsed.value.settings ?? parseSettings(initialTexts).settings!);
  void loader.load();

  return {
    texts,
    ignored,
    parsed,
    loader,
    session,
    change(name: SettingName, text: string): void {
      texts.value = { ...texts.value, [name]: text };
    },
    /** Takes over what a file tells of the settings. */
    adopt(settings: Partial<Settings>): void {
      texts.value = { ...texts.value, ...textsOf({ ...settings, compare: false }) };
    },
  };
}
