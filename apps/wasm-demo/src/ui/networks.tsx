import { type DataChoice, isMade } from '../dataset';
import { milestones, type Network } from '../network';
import type { Session } from '../session';
import { activationTitle, counted, seconds, short } from './format';

/** How each network does, in numbers. */
export function Networks({ session }: { session: Session }) {
  const { data, networks, phase } = session;
  return (
    <section aria-label="Results">
      <div class="networks">
        {networks.value.map((network) => (
          <Card key={network.number} network={network} data={data.value} />
        ))}
      </div>
      <p class="computer">
        {networks.value.length === 0
          ? phase.value === 'starting' && 'Starting …'
          : `${computerOf(networks.value)}, in ${networks.value.length === 1 ? 'a worker' : 'workers'}. ${networks.value[0].measure.value.isError ? 'The test error' : 'Test accuracy'} is measured alongside training, on snapshots, up to ${isMade(data.value.dataset) ? 'ten times' : 'twice'} a second.`}
      </p>
    </section>
  );
}

const simdNames: Record<string, string> = {
  relaxed: 'relaxed SIMD (fused multiply-add)',
  fixed: 'SIMD',
  none: 'no SIMD kernels',
};

/** What computes, in words. */
function computerOf(networks: readonly Network[]): string {
  const { computer } = networks[0];
  return computer.backend === 'webgpu'
    ? `WebGPU on ${computer.adapter}`
    : `WebAssembly with ${simdNames[computer.simd]}, ${threadsOf(networks)} per network`;
}

/** "one thread", "2 threads", or "1 or 2 threads". */
function threadsOf(networks: readonly Network[]): string {
  const counts = [...new Set(networks.map(({ threads }) => threads.value))].sort((a, b) => a - b);
  return counts.every((count) => count === 1) ? 'one thread' : `${counts.join(' or ')} threads`;
}

function Card({ network, data }: { network: Network; data: DataChoice }) {
  const { number, activation, at, rate, value, best } = network;
  const position = at.value;
  const { format, isError } = network.measure.value;
  const tested = isMade(data.dataset) ? counted(data.examples ?? 0, 'test example') : '10,000 test images';
  return (
    <article
      class={`panel card network-${number}`}
      aria-label={`${activationTitle(activation.value)} network`}
    >
      <h2>
        <span class="swatch" aria-hidden="true" />
        {activationTitle(activation.value)} network
      </h2>
      <p class="headline">
        <b>{format(value.value)}</b>{' '}
        <span>{isError ? `root mean squared error on ${tested}` : `of ${tested} correct`}</span>
      </p>
      <dl>
        <div>
          <dt>Best epoch</dt>
          <dd>{format(best.value)}</dd>
        </div>
        <div>
          <dt>Epoch</dt>
          <dd>
            {position === undefined ? '–' : position.epoch}
            <small>
              {position === undefined ? '' : ` step ${position.step} of ${position.stepsPerEpoch}`}
            </small>
          </dd>
        </div>
        <div>
          <dt>Speed</dt>
          <dd>
            {rate.value === undefined ? '–' : `${short(rate.value.value)} steps/s`}
            {rate.value?.isMean && <small> on average</small>}
          </dd>
        </div>
        <div>
          <dt>Time</dt>
          <dd>{position === undefined ? '–' : seconds(position.seconds)}</dd>
        </div>
      </dl>
      {!isError && <Milestones network={network} />}
    </article>
  );
}

/** The times to some accuracies. */
function Milestones({ network }: { network: Network }) {
  return (
    <dl class="milestones">
      {milestones.map((level, i) => {
        const reached = network.milestones.value[i];
        return (
          <div key={level}>
            <dt>Time to {100 * level}%</dt>
            <dd>
              {reached === undefined ? '–' : seconds(reached.seconds)}
              {reached !== undefined && (
                <small>
                  {' '}
                  epoch {reached.epochs.toFixed(2)}
                  {reached.notYet !== undefined && <>, not yet at {seconds(reached.notYet)}</>}
                </small>
              )}
            </dd>
          </div>
        );
      })}
    </dl>
  );
}
