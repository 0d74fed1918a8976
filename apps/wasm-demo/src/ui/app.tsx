import { computed, effect, signal } from '@preact/signals';
import { ImageLoader } from '../image-loader';
import { Session } from '../session';
import {
  fields,
  fromQuery,
  parseSettings,
  type SettingName,
  type Settings,
  settingNames,
  type Texts,
  toQuery,
} from '../settings';
import { Activations } from './activations';
import { Controls } from './controls';
import { Curves } from './curves';
import { Digits } from './digits';
import { Drawing } from './drawing';
import { Epochs } from './epochs';
import { Files } from './files';
import { Kernels } from './kernels';
import { Loading } from './loading';
import { Networks } from './networks';

const address = fromQuery(location.search);
const texts = signal<Texts>(address.texts);
const ignored = signal<string[]>(address.ignored);
const parsed = computed(() => parseSettings(texts.value));

const loader = new ImageLoader();
const session = new Session(loader);

// The address tells the settings, so that a link, a bookmark or a reload gives the same run.
effect(() => {
  const query = toQuery(texts.value);
  history.replaceState(null, '', `${location.pathname}${query && `?${query}`}${location.hash}`);
});

/** Untrained networks follow the settings; networks that have learnt something stay until the next run. */
let preparing: ReturnType<typeof setTimeout> | undefined;
function change(name: SettingName, text: string): void {
  texts.value = { ...texts.value, [name]: text };
  clearTimeout(preparing);
  if (session.phase.value !== 'ready' || parsed.value.settings === undefined) return;
  preparing = setTimeout(() => {
    const { settings } = parsed.value;
    if (session.phase.value === 'ready' && settings !== undefined) void session.reset(settings);
  }, 300);
}

/** Takes over what a file tells of the settings. */
function adopt(settings: Partial<Settings>): void {
  clearTimeout(preparing);
  const changed: Partial<Texts> = { compare: fields.compare.initial };
  for (const name of settingNames) {
    const value = settings[name];
    if (value === undefined) continue;
    const text = Array.isArray(value) ? value.join(', ') : String(value);
    changed[name] = name === 'max-freq' && text === publishedPeriods(settings) ? '' : text;
  }
  texts.value = { ...texts.value, ...changed };
}

/** What no text stands for. */
const publishedPeriods = ({ hidden = [] }: Partial<Settings>) =>
  hidden.map((_, i) => (i === 0 ? 5 : 3)).join(', ');

const { settings } = parsed.value;
void session.open(settings ?? parseSettings(fromQuery('').texts).settings!);
void loader.load();

export function App() {
  return (
    <>
      <header class="masthead">
        <div>
          <h1>Harmonic MLP</h1>
          <p class="lead">
            A neural network in which every unit has a wavelength of its own learns to read handwritten
            digits, here, in this tab.
          </p>
        </div>
        <p class="formula">
          <span>
            y = sin(2π·z/<b>p</b>) + r·z
          </span>
          <small>
            z = x·W + b, with a period p for each unit: weights are amplitudes, biases are phases.
          </small>
        </p>
      </header>
      <main>
        <div class="top">
          <Controls session={session} texts={texts} parsed={parsed} ignored={ignored} onChange={change} />
          <div class="results">
            <Loading loader={loader} session={session} />
            <Networks session={session} />
            <Curves session={session} />
          </div>
        </div>
        <Drawing session={session} loader={loader} />
        <Activations session={session} />
        <Kernels session={session} />
        <Digits session={session} />
        <div class="pair">
          <Epochs session={session} />
          <Files session={session} texts={texts} parsed={parsed} onLoad={adopt} />
        </div>
      </main>
      <footer>
        <p>
          The method is that of Harmonic MLP, a published experiment in PyTorch. MNIST is by Yann LeCun and
          Corinna Cortes (CC BY-SA 3.0), derived from databases of NIST. Nothing that you draw, load or train
          leaves this browser.
        </p>
      </footer>
    </>
  );
}
