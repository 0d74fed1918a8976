import { formatValue } from '../charts';
import { confusionChart, dataAddress, type Examination, learnedChart, type TestOutcome } from '../run';
import { Charts, Folded, Section, Table } from './parts';

/** A model of a run, and what it does. */
export interface Examined extends Examination {
  model: 'best' | 'last';
}

/** The charts and the sections of what a model does. @param note about the model, if it is not clear which it is. */
export function showModel({ test, missing, kernels }: Examination, note?: string) {
  const confusion = test && confusionChart(test);
  const learned = test && learnedChart(test);
  const about = note && <p class="note">{note}</p>;
  return {
    charts: [confusion, learned].filter((chart) => chart !== undefined),
    sections: (
      <>
        {learned && (
          <Section title="What it has learned">
            {about}
            <Charts charts={[learned]} wide />
          </Section>
        )}
        {confusion && test && (
          <Section title="Test examples">
            {about}
            <div class="beside">
              <div>
                <Charts charts={[confusion]} wide />
                <Folded title="The numbers of the confusion matrix">
                  <Confusion test={test} />
                </Folded>
              </div>
              {test.mistakes && test.mistakes.length > 0 && <Mistakes test={test} />}
            </div>
          </Section>
        )}
        {missing && (
          <Section title="Test examples">
            <p class="note">
              There are no results on the test examples here, since they could not be loaded: {missing}
            </p>
          </Section>
        )}
        {kernels && (
          <Section title="First layer">
            {about}
            <Kernels kernels={kernels} />
          </Section>
        )}
      </>
    ),
  };
}

function Confusion({ test: { confusion = [], classNames } }: { test: TestOutcome }) {
  return (
    <Table
      title="Confusion matrix"
      columns={[
        { title: 'class' },
        ...classNames.map((title) => ({ title: `taken for ${title}`, isNumber: true })),
      ]}
      rows={confusion.map((row, i) => ({ cells: [classNames[i], ...row] }))}
    />
  );
}

function Mistakes({ test: { mistakes = [], classNames, mistaken = 0, title } }: { test: TestOutcome }) {
  return (
    <div>
      <h3>The worst mistakes</h3>
      <p class="note">
        The {mistakes.length} of {mistaken.toLocaleString('en')} wrong answers that the model is surest of,
        from the test images of {title}. Each says what the model takes the image for, what it is, and its
        number for <code>predict</code>.
      </p>
      <ul class="pictures mistakes">
        {mistakes.map(({ index, label, prediction, probabilities, picture }) => (
          <li key={index}>
            <img
              src={dataAddress(picture)}
              width="64"
              height="64"
              alt={`Test example ${index}, ${classNames[label]}, taken for ${classNames[prediction]}`}
            />
            <span>
              <b>{classNames[prediction]}</b> {formatValue(probabilities.prediction, 'percent')}
            </span>
            <span>
              is {classNames[label]} <small>{formatValue(probabilities.label, 'percent')}</small>
            </span>
            <small>#{index}</small>
          </li>
        ))}
      </ul>
    </div>
  );
}

function Kernels({ kernels: { images, units } }: { kernels: NonNullable<Examination['kernels']> }) {
  const periods = images.flatMap(({ period }) => period ?? []);
  const about = [
    images.length < units ? `${images.length} of ${units} kernels` : `All ${units} kernels`,
    periods.length > 0
      ? `, in the order of their periods from ${formatValue(periods[0])} to ${formatValue(periods.at(-1))}`
      : '',
  ].join('');
  return (
    <>
      <p class="note">{about}, each scaled by its largest weight: blue is negative, orange positive.</p>
      <div class="pictures kernels" role="img" aria-label={about}>
        {images.map(({ picture, period }, i) => (
          <img
            key={String(i)}
            src={dataAddress(picture)}
            width="56"
            height="56"
            alt=""
            title={period === undefined ? undefined : `period ${formatValue(period)}`}
          />
        ))}
      </div>
    </>
  );
}
