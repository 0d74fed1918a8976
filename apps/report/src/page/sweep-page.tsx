import { decisiveSettings, settingsToTrain, trainCommand } from '@harmonic-mlp/node-trainer';
import { formatSetting } from 'harmonic-mlp/settings';
import { formatValue } from '../charts';
import {
  type Configuration,
  labelOf,
  type State,
  type Sweep,
  scoreFormat,
  sweepCharts,
  type Trial,
  titleOf,
} from '../sweep';
import { type Examined, showModel } from './model-sections';
import { Charts, Command, Facts, Folded, Section, Table } from './parts';
import type { Report } from './report';

const searches: Record<string, string> = { grid: 'Grid', random: 'Random search', tpe: 'Search by TPE' };

/** A trial, and what its model does. */
export interface ExaminedTrial extends Examined {
  trial: Trial;
}

/** The report of a sweep. @param examined the best trial of its best configuration. */
export function sweepReport(sweep: Sweep, examined?: ExaminedTrial): Report {
  const { name, folder, plan, trials, configurations, best, isFinished, problems } = sweep;
  const { overview, axes, curves, byValue } = sweepCharts(sweep);
  const command = best && commandOf(sweep, best);
  const shown = examined && showModel(examined, modelNote(examined, plan.metric));
  const failed = trials.filter(({ state }) => state === 'failed');
  return {
    title: `Sweep ${name}`,
    subtitle: [
      `${searches[plan.search ?? ''] ?? 'Search'} over ${
        Object.keys(plan.axes)
          .map((name) => labelOf(name).toLowerCase())
          .join(', ') || 'unknown axes'
      }`,
      `${configurations.length} configuration${configurations.length === 1 ? '' : 's'}`,
      `${trials.length} trial${trials.length === 1 ? '' : 's'}`,
      ...(isFinished ? [] : ['not finished']),
    ].join(' · '),
    place: folder,
    problems,
    charts: [...overview, ...axes, ...curves, ...byValue, ...(shown?.charts ?? [])],
    body: (
      <>
        {best && (
          <Section title={isFinished ? 'The best configuration' : 'The best configuration so far'}>
            <Winner sweep={sweep} best={best} />
            {command && <Command text={command} />}
          </Section>
        )}
        <Section title="The sweep">
          <Facts facts={factsOf(sweep)} />
        </Section>
        {overview.length > 0 && (
          <Section title="Configurations and scores">
            <Charts charts={overview} wide />
            <Charts charts={axes} />
          </Section>
        )}
        {curves.length > 0 && (
          <Section title="Training">
            <Charts charts={curves} wide />
            <Charts charts={byValue} />
          </Section>
        )}
        {shown?.sections}
        {configurations.length > 0 && (
          <Section title="All configurations">
            <p class="note">
              The best first: means over the trials that have ended, with 95% confidence intervals by
              Student’s t where there are several seeds.
            </p>
            <Configurations sweep={sweep} />
          </Section>
        )}
        {failed.length > 0 && (
          <Section title="Failed trials">
            <Table
              title="Failed trials"
              columns={[{ title: 'trial' }, { title: 'reason' }]}
              rows={failed.map(({ id, reason }) => ({ cells: [id, reason ?? 'not known'] }))}
            />
          </Section>
        )}
        {Object.keys(plan.settings).length > 0 && (
          <Section title="Settings of all trials">
            <Folded title="Those that are not axes">
              <Facts
                facts={Object.fromEntries(
                  Object.entries(plan.settings)
                    .filter(([setting]) => !(setting in plan.axes))
                    .map(([setting, value]) => [labelOf(setting), formatSetting(value)]),
                )}
              />
            </Folded>
          </Section>
        )}
      </>
    ),
  };
}

const modelNote = ({ model, trial: { id, seed, score } }: ExaminedTrial, metric: string) =>
  model === 'last'
    ? `The model is the last of trial ${id}, whose best cannot be read.`
    : `The model is that of trial ${id}: the best of the best configuration’s by ${titleOf(metric)} (${formatValue(score, scoreFormat(metric))}), with seed ${seed}.`;

/** The command that trains the best configuration on all training examples; undefined, and a problem, if its settings are not allowed. */
function commandOf({ plan, problems }: Sweep, best: Configuration): string | undefined {
  try {
    return trainCommand(decisiveSettings(settingsToTrain(plan, best.values)));
  } catch (error) {
    problems.push(
      `There is no command for the best configuration, whose settings are not those of this version: ${(error as Error).message}`,
    );
    return undefined;
  }
}

function Winner({ sweep: { plan, test }, best }: { sweep: Sweep; best: Configuration }) {
  const format = scoreFormat(plan.metric);
  return (
    <>
      <div class="results">
        <p>
          <b>{meanText(best, format)}</b> {titleOf(plan.metric)}, {best.scores.length}{' '}
          {best.scores.length === 1 ? 'seed' : 'seeds'}
        </p>
        {Object.entries(test).map(([name, interval]) => (
          <p key={name}>
            <b>{meanText(interval, scoreFormat(name))}</b> test {titleOf(name)}
          </p>
        ))}
      </div>
      <Facts
        facts={{
          Configuration: `c${best.number}`,
          ...Object.fromEntries(
            Object.entries(best.values).map(([name, value]) => [labelOf(name), formatSetting(value)]),
          ),
        }}
      />
    </>
  );
}

const meanText = ({ mean, margin }: { mean?: number; margin?: number }, format: 'percent' | 'number') =>
  mean === undefined
    ? '–'
    : `${formatValue(mean, format)}${margin === undefined ? '' : ` ± ${formatValue(margin, format)}`}`;

function factsOf({ plan, trials, isFinished }: Sweep): Record<string, string | undefined> {
  const { axes, preset, search, prune, metric, goal, seeds, versions } = plan;
  const count = (state: State) => trials.filter((trial) => trial.state === state).length;
  const states = (['complete', 'pruned', 'failed', 'unfinished'] as const)
    .filter((state) => count(state) > 0)
    .map((state) => `${count(state)} ${state}`);
  return {
    Score: `${titleOf(metric)}, ${goal}d`,
    Preset: preset,
    Search: search,
    Pruning: prune,
    Seeds: seeds?.join(', '),
    Trials: states.join(', '),
    State: isFinished ? 'finished' : 'not finished',
    ...Object.fromEntries(
      Object.entries(axes).map(([name, axis]) => [
        labelOf(name),
        'from' in axis
          ? `from ${formatValue(axis.from)} to ${formatValue(axis.to)}${axis.scale === 'log' ? ', logarithmic' : ''}`
          : axis.map(formatSetting).join('; '),
      ]),
    ),
    Versions:
      versions &&
      Object.entries(versions)
        .map(([name, version]) => `${name} ${version}`)
        .join(', '),
  };
}

function Configurations({ sweep: { configurations, plan, best } }: { sweep: Sweep }) {
  const names = Object.keys(plan.axes);
  const format = scoreFormat(plan.metric);
  return (
    <Table
      title="All configurations"
      columns={[
        { title: 'configuration' },
        ...names.map((name) => ({
          title: labelOf(name),
          isNumber: configurations.every(({ values }) => typeof values[name] === 'number'),
        })),
        { title: titleOf(plan.metric), isNumber: true },
        { title: 'seeds', isNumber: true },
        { title: 'state' },
        { title: 'of each trial' },
      ]}
      rows={configurations.map((each) => ({
        isBest: each.number === best?.number,
        cells: [
          `c${each.number}`,
          ...names.map((name) => {
            const value = each.values[name];
            return value === undefined
              ? '–'
              : typeof value === 'number'
                ? formatValue(value)
                : formatSetting(value);
          }),
          meanText(each, format),
          each.trials.length,
          <span key="state" class={`state ${each.state}`}>
            {each.state}
          </span>,
          each.trials
            .map(
              ({ seed, score, state }) =>
                `s${seed}: ${formatValue(score, format)}${state === 'complete' ? '' : ` (${state})`}`,
            )
            .join(', '),
        ],
      }))}
    />
  );
}
