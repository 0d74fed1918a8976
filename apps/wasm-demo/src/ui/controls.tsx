import type { ReadonlySignal, Signal } from '@preact/signals';
import { useId } from 'preact/hooks';
import type { Phase, Session } from '../session';
import {
  fields,
  initialTexts,
  type parseSettings,
  type SettingName,
  settingNames,
  type Texts,
} from '../settings';

const phaseNames: Record<Phase, string> = {
  starting: 'Starting',
  ready: 'Ready',
  loaded: 'Loaded',
  running: 'Training',
  paused: 'Paused',
  finished: 'Finished',
  stopped: 'Stopped',
  failed: 'Failed',
};

/** Those that most people turn; the others are under "More". */
const first: SettingName[] = [
  'hidden',
  'activation',
  'compare',
  'base-freq',
  'max-freq',
  'lr',
  'batch-size',
  'seed',
];
const more = settingNames.filter((name) => !first.includes(name));

/** Where there is room, the settings are open from the start. */
const isWide = matchMedia('(min-width: 900px)').matches;

export function Controls({
  session,
  texts,
  parsed,
  ignored,
  onChange,
}: {
  session: Session;
  texts: Signal<Texts>;
  parsed: ReadonlySignal<ReturnType<typeof parseSettings>>;
  ignored: Signal<string[]>;
  onChange: (name: SettingName, text: string) => void;
}) {
  const phase = session.phase.value;
  const { settings, problems } = parsed.value;
  const isUnderWay = session.underWay.value;
  const canBegin = settings !== undefined && phase !== 'starting';
  const main = {
    running: { label: 'Pause', act: () => void session.pause(), enabled: true },
    paused: { label: 'Resume', act: () => void session.resume(), enabled: true },
  }[phase as string] ?? {
    label:
      { starting: 'Start training', ready: 'Start training', loaded: 'Train a new network' }[
        phase as string
      ] ?? 'Start again',
    act: () => settings && void session.start(settings),
    enabled: canBegin,
  };
  const field = (name: SettingName) => (
    <Setting
      key={name}
      name={name}
      text={texts.value[name]}
      problem={problems[name]}
      onChange={(text) => onChange(name, text)}
    />
  );
  const differs = settingNames.some((name) => texts.value[name] !== initialTexts[name]);
  return (
    <section class="panel controls" aria-labelledby="controls-title">
      <div class="panel-head">
        <h2 id="controls-title">Training</h2>
        <p class={`phase phase-${phase}`} role="status">
          {phase === 'running' && session.waiting.value ? 'Waiting for images' : phaseNames[phase]}
        </p>
      </div>
      <div class="buttons">
        <button
          type="button"
          class="primary"
          disabled={!main.enabled}
          // The second click of a double one would pause what the first has started.
          onClick={({ detail }) => detail <= 1 && main.act()}
        >
          {main.label}
        </button>
        <button type="button" disabled={!isUnderWay} onClick={() => void session.stop()}>
          Stop
        </button>
        <button type="button" disabled={!canBegin} onClick={() => settings && void session.reset(settings)}>
          Reset
        </button>
      </div>
      {settings === undefined && <p class="hint invalid">{Object.values(problems)[0]}</p>}
      {ignored.value.length > 0 && (
        <div class="problem" role="alert">
          <p>The address is not quite right, and the defaults are used there: {ignored.value.join(' ')}</p>
          <button type="button" onClick={() => (ignored.value = [])}>
            Close
          </button>
        </div>
      )}
      <details class="settings" open={isWide}>
        <summary>Settings{isUnderWay && <small>Stop or reset to change them.</small>}</summary>
        <form onSubmit={(event) => event.preventDefault()}>
          <fieldset disabled={isUnderWay}>
            <legend class="unseen">Settings</legend>
            {first.map(field)}
            <details open={more.some((name) => problems[name] !== undefined) || undefined}>
              <summary>More settings</summary>
              {more.map(field)}
            </details>
            <button
              type="button"
              class="quiet"
              disabled={!differs}
              onClick={() => {
                for (const name of settingNames) onChange(name, initialTexts[name]);
              }}
            >
              Back to the published experiment
            </button>
          </fieldset>
        </form>
      </details>
    </section>
  );
}

function Setting({
  name,
  text,
  problem,
  onChange,
}: {
  name: SettingName;
  text: string;
  problem: string | undefined;
  onChange: (text: string) => void;
}) {
  const id = useId();
  const { label, hint, choices, placeholder, inputMode } = fields[name];
  const described = { 'aria-describedby': `${id}-hint`, 'aria-invalid': problem !== undefined };
  const input =
    name === 'compare' ? (
      <input
        id={id}
        type="checkbox"
        {...described}
        checked={text === 'yes'}
        onChange={({ currentTarget }) => onChange(currentTarget.checked ? 'yes' : 'no')}
      />
    ) : choices ? (
      <select
        id={id}
        {...described}
        value={text}
        onChange={({ currentTarget }) => onChange(currentTarget.value)}
      >
        {Object.entries(choices).map(([value, shown]) => (
          <option key={value} value={value}>
            {shown}
          </option>
        ))}
      </select>
    ) : (
      <input
        id={id}
        type="text"
        autocomplete="off"
        spellcheck={false}
        {...described}
        inputMode={inputMode}
        placeholder={placeholder}
        value={text}
        onInput={({ currentTarget }) => onChange(currentTarget.value)}
      />
    );
  return (
    <div class="setting">
      <label for={id}>{label}</label>
      {input}
      <p id={`${id}-hint`} class={problem === undefined ? 'hint' : 'hint invalid'}>
        {problem ?? hint}
      </p>
    </div>
  );
}
