import {
  decisiveSettings,
  type RunEvent,
  runSettings,
  scoreOf,
  setupOf,
  trainCommand,
  valueText,
} from '@harmonic-mlp/node-trainer';
import { formatSetting } from 'harmonic-mlp/settings';
import { formatValue } from '../charts';
import { curvesOf, type Run, rangeTestChart, type TestOutcome } from '../run';
import { type Examined, showModel } from './model-sections';
import { Charts, Command, Facts, Folded, Section, Table } from './parts';
import type { Report } from './report';

/** The report of one run. @param examined its best model that can be read. */
export function runReport(run: Run, examined: Examined | undefined): Report {
  const { name, folder, config, settings, history, problems } = run;
  const curves = curvesOf([run]);
  const test = examined?.test;
  const shown = examined && showModel(examined);
  const rangeTest = rangeTestChart(run);
  const charts = [...curves, ...(shown?.charts ?? []), rangeTest].filter((chart) => chart !== undefined);
  const decisive = decisiveOf(run);
  return {
    title: `Run ${name}`,
    subtitle: [settings.dataset, settings.activation, `${history.length} epochs`, config.computes]
      .filter(Boolean)
      .join(' · '),
    place: folder,
    problems,
    charts,
    body: (
      <>
        {(history.length > 0 || test) && (
          <Section title="Results">
            <Results run={run} test={test} model={examined?.model} />
          </Section>
        )}
        {curves.length > 0 && (
          <Section title="Training">
            <Charts charts={curves} />
            <Folded title="All epochs">
              <Epochs run={run} />
            </Folded>
          </Section>
        )}
        {shown?.sections}
        {rangeTest && (
          <Section title="Learning-rate range test">
            <Charts charts={[rangeTest]} wide />
            <Facts
              facts={Object.fromEntries(
                (rangeTest.kind === 'lines' ? (rangeTest.marks ?? []) : []).map(({ name, x }) => [
                  name.replace(/ [^ ]*$/, ''),
                  `--lr ${Number(x.toPrecision(3))}`,
                ]),
              )}
            />
          </Section>
        )}
        {decisive && (
          <Section title="Command">
            <p class="note">
              It trains with the same settings; those that it leaves out have their defaults.
            </p>
            <Command text={trainCommand(decisive)} />
          </Section>
        )}
        {Object.keys(settings).length > 0 && (
          <Section title="Configuration">
            <Settings run={run} changed={new Set(Object.keys(decisive?.settings ?? {}))} />
          </Section>
        )}
        {Object.keys(config).length > 0 && (
          <Section title="Machine and versions">
            <Facts facts={setupFacts(run)} />
          </Section>
        )}
        {run.events.length > 0 && (
          <Section title="Events">
            <Events events={run.events} />
          </Section>
        )}
      </>
    ),
  };
}

/** The preset and the settings that differ from it; undefined, and a problem, if the settings are not allowed. */
function decisiveOf({ settings, problems, name }: Run) {
  if (Object.keys(settings).length === 0) return undefined;
  try {
    return decisiveSettings(settings);
  } catch (error) {
    problems.push(
      `There is no command for ${name}, whose settings are not those of this version: ${(error as Error).message}`,
    );
    return undefined;
  }
}

function Results({ run, test, model }: { run: Run; test?: TestOutcome; model?: string }) {
  const { scoring, history, best, measuredOn } = run;
  const { main, measures, lossText } = scoring;
  const last = history.at(-1);
  // Where the best model was chosen on the test examples, its score is known.
  const isKnown = best !== undefined && measuredOn === 'test' && model === 'best';
  const tested = test?.scoring.measures.filter(({ name }) => !(isKnown && name === main.name)) ?? [];
  return (
    <div class="results">
      {best && (
        <Figures value={main.text(best.score)} of={`best ${measuredOn} ${main.title}, epoch ${best.epoch}`} />
      )}
      {last && (
        <Figures
          value={main.text(scoreOf(scoring, last.validation))}
          of={`${measuredOn} ${main.title} after epoch ${last.epoch}`}
        />
      )}
      {tested.map(({ name, title, text }) => (
        <Figures
          key={name}
          value={text(test?.evaluation[name])}
          of={`${title} of the ${model} model on ${test?.examples.toLocaleString('en')} test ${test?.noun}`}
        />
      ))}
      {last &&
        !test &&
        measures
          .slice(1)
          .map(({ name, title, text }) => (
            <Figures key={name} value={text(last.validation?.[name])} of={`${measuredOn} ${title}`} />
          ))}
      {last && <Figures value={lossText(last.trainLoss)} of="training loss, last epoch" />}
      {last && (
        <Figures
          value={durationOf(history.reduce((sum, { seconds }) => sum + (seconds || 0), 0))}
          of={`for ${history.length} epochs`}
        />
      )}
    </div>
  );
}

function Figures({ value, of }: { value: string; of: string }) {
  return (
    <p>
      <b>{value}</b> {of}
    </p>
  );
}

export function durationOf(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? `${minutes} min ${Math.round(seconds % 60)} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

function Epochs({ run: { scoring, history, measuredOn, best } }: { run: Run }) {
  const number = (title: string) => ({ title, isNumber: true });
  return (
    <Table
      title="All epochs"
      columns={[
        number('epoch'),
        number('training loss'),
        ...(history.some(({ trainAccuracy }) => trainAccuracy !== undefined)
          ? [number('training accuracy')]
          : []),
        number(`${measuredOn} loss`),
        ...scoring.measures.map(({ title }) => number(`${measuredOn} ${title}`)),
        number('learning rate'),
        number('seconds'),
      ]}
      rows={history.map(({ epoch, trainLoss, trainAccuracy, validation, learningRate, seconds }) => ({
        isBest: epoch === best?.epoch,
        cells: [
          epoch,
          scoring.lossText(trainLoss),
          ...(history.some((record) => record.trainAccuracy !== undefined)
            ? [formatValue(trainAccuracy, 'percent')]
            : []),
          formatValue(validation?.loss),
          ...scoring.measures.map(({ name, text }) => text(validation?.[name])),
          formatValue(learningRate),
          seconds === undefined ? '–' : seconds.toFixed(2),
        ],
      }))}
    />
  );
}

function Settings({ run: { settings }, changed }: { run: Run; changed: ReadonlySet<string> }) {
  const known = runSettings.filter(({ name }) => settings[name] !== undefined);
  const others = Object.keys(settings).filter((name) => !known.some((setting) => setting.name === name));
  return (
    <Table
      title="Configuration"
      columns={[{ title: 'setting' }, { title: 'value' }, { title: 'option' }]}
      rows={[
        ...known.map(({ name, label, flag }) => ({
          isBest: changed.has(name),
          cells: [
            label,
            <Value key={name} value={settings[name]} isChanged={changed.has(name)} />,
            <code key={flag}>--{flag}</code>,
          ],
        })),
        ...others.map((name) => ({ cells: [name, <Value key={name} value={settings[name]} />, ''] })),
      ]}
    />
  );
}

export function Value({ value, isChanged = false }: { value: unknown; isChanged?: boolean }) {
  const text =
    typeof value === 'object' && !Array.isArray(value) ? JSON.stringify(value) : formatSetting(value);
  return isChanged ? <b>{text}</b> : <span>{text}</span>;
}

/** What a run was computed with, by name. */
function setupFacts(run: Run): Record<string, string> {
  const sizes = Object.entries(run.config.data ?? {}).flatMap(([part, size]) =>
    typeof size === 'number' ? [`${size.toLocaleString('en')} ${part}`] : [],
  );
  const facts = Object.entries(setupOf(run)).map(([name, value]) => [
    name,
    typeof value === 'object' ? JSON.stringify(value) : valueText(value),
  ]);
  return { ...Object.fromEntries(facts), ...(sizes.length > 0 && { examples: sizes.join(', ') }) };
}

function Events({ events }: { events: readonly RunEvent[] }) {
  return (
    <Table
      title="Events"
      columns={[{ title: 'time' }, { title: 'event' }, { title: 'details' }]}
      rows={events.map(({ time, event, ...details }) => ({
        cells: [
          typeof time === 'string' ? time.replace('T', ' ').replace(/\.\d+Z$/, ' UTC') : '–',
          event,
          detailsOf(details),
        ],
      }))}
    />
  );
}

const detailsOf = (details: Record<string, unknown>): string =>
  Object.entries(details)
    .map(([name, value]) => `${name}: ${typeof value === 'object' ? JSON.stringify(value) : value}`)
    .join(', ');
