import { type Signal, useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { isMade, titleOf } from '../dataset';
import type { Network } from '../network';
import type { Session } from '../session';
import { commandOptions, type Texts } from '../settings';
import type { Loaded } from '../worker/protocol';
import { activationTitle } from './format';
import { Panel } from './panel';
import { Scroll } from './scroll';

export function Files({
  session,
  texts,
  onLoad,
}: {
  session: Session;
  texts: Signal<Texts>;
  onLoad: (bytes: Uint8Array) => Promise<Loaded>;
}) {
  const input = useRef<HTMLInputElement>(null);
  const message = useSignal<{ text: string; isProblem?: boolean } | undefined>(undefined);
  const networks = session.networks.value;
  const { dataset } = session.data.value;
  const fileName = (network?: Network) =>
    `harmonic-mlp-${dataset}-${network?.activation.value ?? 'harmonic'}.safetensors`;

  const save = async (network: Network) => {
    const name = fileName(network);
    try {
      const bytes = await session.save(network);
      download(new Blob([bytes], { type: 'application/octet-stream' }), name);
      message.value = { text: `Saved as ${name}.` };
    } catch (error) {
      message.value = { text: (error as Error).message, isProblem: true };
    }
  };
  const load = async (file: File) => {
    try {
      const { resumable, trainedOn, data } = await onLoad(new Uint8Array(await file.arrayBuffer()));
      const isTestedOnOther = trainedOn !== undefined && trainedOn !== data.dataset;
      const what = resumable
        ? 'with its run, which can continue'
        : `a network without a run that could continue here${isTestedOnOther ? `; it was trained on ${trainedOn} and is tested on ${titleOf(data.dataset)}` : ''}`;
      message.value = { text: `${file.name} is loaded, ${what}.` };
    } catch (error) {
      message.value = { text: `${file.name}: ${(error as Error).message}`, isProblem: true };
    } finally {
      input.current!.value = '';
    }
  };
  const copyLink = async () => {
    try {
      await navigator.clipboard.writeText(location.href);
      message.value = { text: 'The link has been copied.' };
    } catch {
      message.value = { text: `The link: ${location.href}` };
    }
  };
  const options = commandOptions(texts.value).map((option) => ` ${option}`);
  return (
    <Panel
      id="files"
      title="Keep and share"
      about="A saved network is a file that the command line also reads and writes, including the state of its run, so either can continue where the other stopped."
    >
      <div class="buttons">
        {networks.map((network) => (
          <button key={network.number} type="button" onClick={() => void save(network)}>
            Save {networks.length > 1 ? activationTitle(network.activation.value) : 'network'}
          </button>
        ))}
        <button type="button" disabled={networks.length === 0} onClick={() => input.current?.click()}>
          Load a network
        </button>
        <input
          ref={input}
          type="file"
          accept=".safetensors"
          class="unseen"
          tabIndex={-1}
          aria-label="Network file to load"
          onChange={({ currentTarget }) => {
            const [file] = currentTarget.files ?? [];
            if (file !== undefined) void load(file);
          }}
        />
        <button type="button" onClick={() => void copyLink()}>
          Copy link to these settings
        </button>
      </div>
      <p role="status" class={message.value?.isProblem ? 'hint invalid' : 'hint'}>
        {message.value?.text}
      </p>
      <p class="about">In a clone of the repository, use these settings and a saved network with:</p>
      <Scroll label="Commands">
        <pre>
          <code>{`npx --yes pnpm@10 train${options.join('')}\nnpx --yes pnpm@10 evaluate --model ${fileName(networks[0])}`}</code>
        </pre>
      </Scroll>
      {!isMade(texts.value.dataset) && texts.value.firstEpoch === 'arrival' && (
        <p class="hint">
          The command line also shuffles all images in the first epoch: with First epoch: shuffled, this page
          does the same run.
        </p>
      )}
    </Panel>
  );
}

function download(content: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
