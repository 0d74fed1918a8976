import { differingSettings, differingSetup, scoreOf, valueText } from '@harmonic-mlp/node-trainer';
import { curvesOf, type Run } from '../run';
import { labelOf } from '../sweep';
import { Charts, Section, Table } from './parts';
import type { Report } from './report';
import { durationOf } from './run-page';

/** The report that compares several runs. */
export function runsReport(given: readonly Run[]): Report {
  const runs = withNames(given);
  const charts = curvesOf(runs);
  const settings = differingSettings(runs);
  const setups = differingSetup(runs);
  const columns = [{ title: 'setting' }, ...runs.map(({ name }) => ({ title: name }))];
  return {
    title: `${runs.length} runs`,
    subtitle: runs.map(({ name }) => name).join(' · '),
    place: '',
    problems: [...new Set(runs.flatMap(({ problems }) => problems))],
    charts,
    body: (
      <>
        <Section title="Results">
          <Results runs={runs} />
        </Section>
        <Section title="What differs">
          {settings.length + setups.length === 0 ? (
            <p class="note">The runs have the same configuration, on the same machine.</p>
          ) : (
            <Table
              title="What differs in configuration"
              columns={columns}
              rows={[
                ...settings.map(({ name, values }) => ({ cells: [labelOf(name), ...values.map(valueText)] })),
                ...setups.map(({ name, values }) => ({ cells: [name, ...values.map(valueText)] })),
              ]}
            />
          )}
        </Section>
        <Section title="Training">
          <Charts charts={charts} />
        </Section>
      </>
    ),
  };
}

/** Runs of the same name are told apart by their paths. */
function withNames(runs: readonly Run[]): Run[] {
  const names = runs.map(({ name }) => name);
  return runs.map((run) =>
    names.indexOf(run.name) === names.lastIndexOf(run.name) ? run : { ...run, name: run.folder },
  );
}

function Results({ runs }: { runs: readonly Run[] }) {
  const measures = [
    ...new Map(runs.flatMap(({ scoring }) => scoring.measures).map((each) => [each.name, each])).values(),
  ];
  const number = (title: string) => ({ title, isNumber: true });
  const isSame = new Set(runs.map(({ scoring }) => scoring.main.name)).size === 1;
  const { isBetter } = runs[0].scoring;
  const top = runs
    .flatMap(({ best }) => best?.score ?? [])
    .reduce<number | undefined>((a, b) => (a === undefined || isBetter(b, a) ? b : a), undefined);
  return (
    <Table
      title="Results"
      columns={[
        { title: 'run' },
        number('best'),
        number('at epoch'),
        ...measures.map(({ title }) => number(`last ${title}`)),
        number('training loss'),
        number('epochs'),
        number('time'),
        { title: 'measured on' },
      ]}
      rows={runs.map(({ name, best, history, scoring, measuredOn }) => {
        const last = history.at(-1);
        return {
          isBest: isSame && best !== undefined && best.score === top,
          cells: [
            name,
            scoring.main.text(best?.score),
            best?.epoch ?? '–',
            ...measures.map((measure) =>
              measure === scoring.main
                ? measure.text(scoreOf(scoring, last?.validation))
                : measure.text(last?.validation?.[measure.name]),
            ),
            last === undefined ? '–' : scoring.lossText(last.trainLoss),
            history.length,
            durationOf(history.reduce((sum, { seconds }) => sum + (seconds || 0), 0)),
            measuredOn,
          ],
        };
      })}
    />
  );
}
