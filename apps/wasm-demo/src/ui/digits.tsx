import type { Session } from '../session';
import { chosenNetwork } from './chosen-network';
import { count, percent } from './format';
import { NetworkChoice } from './network-choice';
import { Panel } from './panel';
import { Scroll } from './scroll';

const digits = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

/** The confusion matrix of the test images, with the accuracy of each digit. */
export function Digits({ session }: { session: Session }) {
  const confusion = chosenNetwork(session)?.inspection.value?.test?.confusion;
  const at = (i: number, j: number) => confusion?.[10 * i + j] ?? 0;
  const largestError = Math.max(
    1,
    ...digits.flatMap((i) => digits.filter((j) => j !== i).map((j) => at(i, j))),
  );
  return (
    <Panel
      id="digits"
      title="Digit by digit"
      aside={<NetworkChoice session={session} />}
      about="Each row is a digit as written, each column the network’s answer, counted over the 10,000 test images. The diagonal is correct; the darker any other cell, the more often the two digits are confused."
    >
      {confusion === undefined ? (
        <p class="empty">The test images have not arrived yet.</p>
      ) : (
        <Scroll label="Confusion matrix">
          <table class="confusion">
            <thead>
              <tr>
                <th scope="col">
                  <span class="unseen">Written</span>
                </th>
                {digits.map((j) => (
                  <th key={j} scope="col">
                    {j}
                  </th>
                ))}
                <th scope="col">Right</th>
              </tr>
            </thead>
            <tbody>
              {digits.map((i) => {
                const total = digits.reduce((sum, j) => sum + at(i, j), 0);
                return (
                  <tr key={i}>
                    <th scope="row">{i}</th>
                    {digits.map((j) => (
                      <td
                        key={j}
                        class={i === j ? 'right' : undefined}
                        style={
                          i === j
                            ? undefined
                            : { '--strength': `${Math.round((40 * at(i, j)) / largestError)}%` }
                        }
                        title={`${count(at(i, j))} of ${count(total)} ${i}s taken for ${j}`}
                      >
                        {at(i, j) || <span class="none">·</span>}
                      </td>
                    ))}
                    <td class="share">
                      <span
                        class="bar"
                        style={{ width: `${total && (100 * at(i, i)) / total}%` }}
                        aria-hidden="true"
                      />
                      <span>{percent(total ? at(i, i) / total : 0, 1)}</span>
                    </td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </Scroll>
      )}
    </Panel>
  );
}
