import type { ReadonlySignal, Signal } from '@preact/signals';
import { useId, useState } from 'preact/hooks';
import { findGraphics } from '../graphics';
import { backend } from '../page-settings';
import type { Phase, Session } from '../session';
import {
  type Field,
  fields,
  hintOf,
  initialTexts,
  initialTextsFor,
  isOfUse,
  type parseSettings,
  type Texts,
} from '../settings';
import { PeriodsField } from './periods-field';

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

/** The most commonly used settings; the others are under "More". */
const first = [
  'dataset',
  'preset',
  'examples',
  'dataNoise',
  'hidden',
  'activation',
  'compare',
  'periods',
  'baseFreq',
  'maxFreq',
  'learningRate',
  'batchSize',
  'seed',
].map((name) => fields.find((field) => field.name === name)!);
const more = fields.filter((field) => !first.includes(field));

/** If there is room, the settings are open from the start. */
const isWide = matchMedia('(min-width: 900px)').matches;

export function Controls({
  session,
  texts,
  parsed,
  ignored,
  onChange,
  onRestore,
}: {
  session: Session;
  texts: Signal<Texts>;
  parsed: ReadonlySignal<ReturnType<typeof parseSettings>>;
  ignored: Signal<string[]>;
  onChange: (name: string, text: string) => void;
  onRestore: () => void;
}) {
  /** Whether the browser has graphics for WebGPU, once the settings that it matters for have been opened. */
  const [hasGraphics, setHasGraphics] = useState<boolean>();
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
  const shown = (some: readonly Field[]) =>
    some
      .filter((field) => isOfUse(field, texts.value))
      .map((field) => (
        <Setting
          key={field.name}
          field={field}
          texts={texts.value}
          problem={problems[field.name]}
          unavailable={field.name === backend.name && hasGraphics === false ? noGraphics : undefined}
          onChange={(text) => onChange(field.name, text)}
        />
      ));
  const lookForGraphics = async () => {
    if (hasGraphics === undefined) setHasGraphics(await findGraphics());
  };
  const { dataset, preset } = texts.value;
  const initial = initialTextsFor(dataset, preset);
  const differs = fields.some(({ name }) => texts.value[name] !== initial[name]);
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
          // The second click of a double-click would pause what the first has started.
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
          <p>Part of the address is invalid, so defaults are used there: {ignored.value.join(' ')}</p>
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
            {shown(first)}
            <details
              open={more.some(({ name }) => problems[name] !== undefined) || undefined}
              onToggle={({ currentTarget }) => currentTarget.open && void lookForGraphics()}
            >
              <summary>More settings</summary>
              {shown(more)}
            </details>
            <button type="button" class="quiet" disabled={!differs} onClick={onRestore}>
              {dataset === initialTexts.dataset
                ? `Restore the ${preset} settings`
                : 'Restore the defaults for this data set'}
            </button>
          </fieldset>
        </form>
      </details>
    </section>
  );
}

/** A choice that cannot be made here, and why. */
interface Unavailable {
  choice: string;
  reason: string;
}

const noGraphics: Unavailable = {
  choice: 'webgpu',
  reason: 'This browser offers no graphics adapter for WebGPU.',
};

function Setting({
  field,
  texts,
  problem,
  unavailable,
  onChange,
}: {
  field: Field;
  texts: Texts;
  problem: string | undefined;
  unavailable: Unavailable | undefined;
  onChange: (text: string) => void;
}) {
  const { label, type } = field;
  const text = texts[field.name];
  const id = useId();
  const described = { 'aria-describedby': `${id}-hint`, 'aria-invalid': problem !== undefined };
  const input =
    field.name === 'periods' ? (
      <PeriodsField id={id} texts={texts} described={described} onChange={onChange} />
    ) : type.kind === 'flag' ? (
      <input
        id={id}
        type="checkbox"
        {...described}
        checked={text === 'yes'}
        onChange={({ currentTarget }) => onChange(currentTarget.checked ? 'yes' : 'no')}
      />
    ) : type.kind === 'choice' ? (
      <select
        id={id}
        {...described}
        value={text}
        onChange={({ currentTarget }) => onChange(currentTarget.value)}
      >
        {type.choices.map((choice) => (
          <option key={choice} value={choice} disabled={choice === unavailable?.choice}>
            {choice}
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
        inputMode={type.kind !== 'number' ? 'text' : type.bounds.integer ? 'numeric' : 'decimal'}
        value={text}
        onInput={({ currentTarget }) => onChange(currentTarget.value)}
      />
    );
  return (
    <div class="setting">
      <label for={id}>{label}</label>
      {input}
      <p id={`${id}-hint`} class={problem === undefined ? 'hint' : 'hint invalid'}>
        {problem ?? hintOf(field, texts)} {unavailable?.reason}
      </p>
    </div>
  );
}
