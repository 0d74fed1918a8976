import { effect, useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { ImageLoader } from '../image-loader';
import type { Session } from '../session';
import type { Reading } from '../worker/protocol';
import { activationTitle, percent } from './format';
import { Pad, side } from './pad';
import { Panel } from './panel';

export function Drawing({ session, loader }: { session: Session; loader: ImageLoader }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const reading = useSignal<Reading | undefined>(undefined);
  const isEmpty = useSignal(true);
  const pad = useRef<Pad | undefined>(undefined);

  useEffect(() => {
    const current = new Pad(canvas.current!, {
      read: (image) => session.read(image),
      onRead: (result) => {
        reading.value = result;
      },
      onEmpty: (value) => {
        isEmpty.value = value;
      },
    });
    pad.current = current;
    // A network that has learned since then reads the same drawing again.
    const stop = effect(() => {
      if (session.seen.value > 0) current.read();
    });
    return () => {
      stop();
      current.dispose();
    };
  }, [session]);

  const { digit, probabilities } = reading.value ?? {};
  const networks = session.networks.value;
  const verdicts = networks.flatMap(({ number, activation }) => {
    const p = probabilities?.[number];
    if (p === undefined) return [];
    const best = p.indexOf(Math.max(...p));
    const who = networks.length > 1 ? `${activationTitle(activation.value)}: ` : '';
    return [{ number, digit: best, text: `${who}${best}, ${percent(p[best], 1)} sure` }];
  });
  const showTestImage = () => {
    const image = loader.randomTestImage();
    if (image !== undefined) pad.current?.show(image);
  };
  return (
    <Panel
      id="drawing"
      title="Draw a digit"
      about="Use a mouse, pen, or finger, even while the network is still learning. As in MNIST, the digit is scaled to 20 × 20 pixels and centered by its mass in 28 × 28; the small picture is what the network sees."
    >
      <div class="drawing">
        <div class="pad">
          <canvas ref={canvas} width={side} height={side} role="img" aria-label="Canvas to draw a digit on" />
          {isEmpty.value && <p aria-hidden="true">Draw a digit here.</p>}
          <div class="buttons">
            <button type="button" onClick={() => pad.current?.clear()}>
              Clear
            </button>
            <button type="button" onClick={showTestImage} disabled={!loader.testImagesArrived.value}>
              Use a test image
            </button>
          </div>
        </div>
        <figure class="seen">
          <Seen digit={digit} />
          <figcaption>as the network sees it</figcaption>
        </figure>
        <div class="verdict">
          <p>
            {verdicts.length === 0
              ? isEmpty.value
                ? 'Nothing drawn yet.'
                : reading.value === undefined
                  ? 'Reading …'
                  : 'No digit recognized yet.'
              : verdicts.map(({ number, text }) => (
                  <span key={number} class={`network-${number}`}>
                    {text}
                  </span>
                ))}
          </p>
          {/* Not the percentages, which change with each look: those who listen would hear nothing else. */}
          <p class="unseen" aria-live="polite">
            {verdicts.length > 0 && `Read as ${verdicts.map(({ digit }) => digit).join(' and ')}`}
          </p>
          <table class="probabilities">
            <caption class="unseen">Probability of each digit</caption>
            <colgroup>
              <col />
              {networks.map(({ number }) => (
                <col key={number} />
              ))}
            </colgroup>
            <thead class="unseen">
              <tr>
                <th scope="col">Digit</th>
                {networks.map(({ number, activation }) => (
                  <th key={number} scope="col">
                    {activationTitle(activation.value)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {Array.from({ length: 10 }, (_, i) => (
                <tr key={i}>
                  <th scope="row">{i}</th>
                  {networks.map(({ number }) => {
                    const p = probabilities?.[number]?.[i] ?? 0;
                    return (
                      <td key={number} class={`share network-${number}`}>
                        <span class="bar" style={{ width: `${100 * p}%` }} aria-hidden="true" />
                        <span>{percent(p, 1)}</span>
                      </td>
                    );
                  })}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </div>
    </Panel>
  );
}

/** The 28 × 28 pixels. */
function Seen({ digit }: { digit: Uint8Array | undefined }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current!.getContext('2d')!;
    const image = new ImageData(28, 28);
    for (let i = 0; i < 784; i++) {
      const ink = digit?.[i] ?? 0;
      image.data.set([ink, ink, ink, 255], 4 * i);
    }
    context.putImageData(image, 0, 0);
  }, [digit]);
  return <canvas ref={canvas} width={28} height={28} role="img" aria-label="The drawing in 28 × 28 pixels" />;
}
