import type { Session } from '../session';
import { activationTitle, percent, seconds, short } from './format';
import { Panel } from './panel';
import { Scroll } from './scroll';

/** The epochs in numbers, as printed by the command line. */
export function Epochs({ session }: { session: Session }) {
  const networks = session.networks.value;
  const rows = networks.flatMap(({ number, activation, epochs }) =>
    epochs.value.map((record) => ({ number, activation: activation.value, record })),
  );
  rows.sort((a, b) => b.record.epoch - a.record.epoch || a.number - b.number);
  return (
    <Panel
      id="epochs"
      title="Epoch by epoch"
      about="After each pass over the 60,000 training images, the network is tested on the 10,000 test images."
    >
      <Scroll label="Table of epochs">
        <table>
          <thead>
            <tr>
              <th scope="col">Epoch</th>
              {networks.length > 1 && <th scope="col">Network</th>}
              <th scope="col">Loss, nats</th>
              <th scope="col">Training</th>
              <th scope="col">Test</th>
              <th scope="col">Rate</th>
              <th scope="col">Time</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ number, activation, record }) => (
              <tr key={`${number} ${record.epoch}`}>
                <th scope="row">{record.epoch}</th>
                {networks.length > 1 && (
                  <td class={`network-${number}`}>
                    <span class="swatch" aria-hidden="true" /> {activationTitle(activation)}
                  </td>
                )}
                <td>{record.trainLoss.toFixed(4)}</td>
                <td>{percent(record.trainAccuracy)}</td>
                <td>{percent(record.validation?.accuracy)}</td>
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
