import { isMade } from '../dataset';
import type { Session } from '../session';
import { activationTitle, count, counted, seconds, short } from './format';
import { Panel } from './panel';
import { Scroll } from './scroll';

/** The maximum number of rows, since small networks do hundreds of epochs in a second. */
const mostRows = 200;

/** The epochs in numbers, as printed by the command line. */
export function Epochs({ session }: { session: Session }) {
  const networks = session.networks.value;
  const all = networks.flatMap((network) => network.epochs.value.map((record) => ({ network, record })));
  all.sort((a, b) => b.record.epoch - a.record.epoch || a.network.number - b.network.number);
  const rows = all.slice(0, mostRows);
  const { dataset, examples = 0 } = session.data.value;
  const isRegression = networks[0]?.measure.value.isError;
  const what = isMade(dataset)
    ? `After each pass over the ${counted(examples, 'training example')}, the network is tested on ${count(examples)} others${isRegression ? '; training and test columns give the root mean squared error' : ''}.`
    : 'After each pass over the 60,000 training images, the network is tested on the 10,000 test images.';
  return (
    <Panel
      id="epochs"
      title="Epoch by epoch"
      about={
        rows.length === all.length
          ? what
          : `${what} The newest ${count(rows.length)} of ${count(all.length)} rows are shown.`
      }
    >
      <Scroll label="Table of epochs">
        <table>
          <thead>
            <tr>
              <th scope="col">Epoch</th>
              {networks.length > 1 && <th scope="col">Network</th>}
              <th scope="col">{isRegression ? 'Loss' : 'Loss, nats'}</th>
              <th scope="col">Training</th>
              <th scope="col">Test</th>
              <th scope="col">Rate</th>
              <th scope="col">Time</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ network, record }) => (
              <tr key={`${network.number} ${record.epoch}`}>
                <th scope="row">{record.epoch}</th>
                {networks.length > 1 && (
                  <td class={`network-${network.number}`}>
                    <span class="swatch" aria-hidden="true" /> {activationTitle(network.activation.value)}
                  </td>
                )}
                <td>{isRegression ? short(record.trainLoss) : record.trainLoss.toFixed(4)}</td>
                <td>{network.measure.value.format(network.trainingValue(record))}</td>
                <td>{network.measure.value.format(network.testValue(record))}</td>
                <td>{record.learningRate === undefined ? '–' : short(record.learningRate)}</td>
                <td>{seconds(record.seconds)}</td>
              </tr>
            ))}
            {rows.length === 0 && (
              <tr>
                <td colSpan={7}>No epochs yet.</td>
              </tr>
            )}
          </tbody>
        </table>
      </Scroll>
    </Panel>
  );
}
