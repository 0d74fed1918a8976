import { madeDataset } from '../dataset';
import type { Demo } from '../demo';
import { Activations } from './activations';
import { Controls } from './controls';
import { Curves } from './curves';
import { Digits } from './digits';
import { Drawing } from './drawing';
import { Epochs } from './epochs';
import { Files } from './files';
import { Kernels } from './kernels';
import { LearnedLater } from './learned-later';
import { Loading } from './loading';
import { Networks } from './networks';

/** The page. */
export function App({
  demo: { loader, session, texts, parsed, ignored, change, restore, load },
}: {
  demo: Demo;
}) {
  const { dataset } = session.data.value;
  const made = madeDataset(dataset);
  return (
    <>
      <header class="masthead">
        <div>
          <h1>Harmonic MLP</h1>
          <p class="lead">
            A neural network whose units respond in waves learns{' '}
            {made === undefined ? 'to read handwritten digits' : made.summary}, right here in this tab.
          </p>
        </div>
        <p class="formula">
          <span>
            y = sin(2π·z/<b>p</b>) + r·z
          </span>
          <small>
            z = x·W + b, with a period p for each unit: a weight w sets a frequency, w/p, and a bias sets a
            phase; the next layer’s weights are the amplitudes.
          </small>
        </p>
      </header>
      <main>
        <Controls
          session={session}
          texts={texts}
          parsed={parsed}
          ignored={ignored}
          onChange={change}
          onRestore={restore}
        />
        <div class="results">
          <Loading loader={loader} session={session} />
          <Networks session={session} />
          {made !== undefined && <LearnedLater session={session} made={made} />}
          <Curves session={session} />
          {made === undefined && <Drawing session={session} loader={loader} />}
          <Activations session={session} />
          {made === undefined && (
            <>
              <Kernels session={session} />
              <Digits session={session} />
            </>
          )}
          <div class="pair tables">
            <Epochs session={session} />
            <Files session={session} texts={texts} onLoad={load} />
          </div>
        </div>
      </main>
      <footer>
        <p>
          The method comes from Harmonic MLP, a published experiment in PyTorch. MNIST is by Yann LeCun and
          Corinna Cortes (CC BY-SA 3.0), derived from NIST databases. Nothing you draw, load, or train leaves
          this browser.
        </p>
      </footer>
    </>
  );
}
