import { type Finding, type Installation, tryBackend } from '@harmonic-mlp/node-trainer';

/** What a training on an installation gave. */
export interface Proof {
  /** Of TensorFlow and of tfjs-node. */
  version: string;
  device: string;
  /** The mean training losses of the first epoch and of the last. */
  losses: [first: number, last: number];
}

/** How long a training of a few steps may take on a processor, in seconds. */
const patience = 300;

/**
 * Trains a few steps on an installation, in another process: a library that does not fit may well end it.
 *
 * @throws {Error} whose message is a sentence, when it does not train; the reason of the signal.
 */
export async function prove(installation: Installation, signal?: AbortSignal): Promise<Proof> {
  const { started, losses, ...failure } = await tryBackend(
    { backend: 'tensorflow', kernels: false, installation, learns: true },
    // A new card's kernels are compiled first, which takes tens of minutes.
    installation.variant === 'gpu' ? undefined : patience,
    signal,
  );
  if (started === undefined || losses === undefined || failure.reason !== undefined) {
    throw new Error(whyItFailed(failure));
  }
  if (installation.variant === 'gpu' && started.adapter !== 'hardware') {
    throw new Error(
      'TensorFlow finds no graphics card that it can use: its driver, CUDA 11.2 and cuDNN 8.1 have to be where the loader finds them. Without a card, leave out --gpu.',
    );
  }
  return { version: started.version, device: started.device, losses };
}

/** What the process told, or what became of it. */
export function whyItFailed({
  reason = 'It did not train.',
  ending,
}: Pick<Finding, 'reason' | 'ending'>): string {
  if (ending === undefined) return reason;
  if (ending.signal !== null) {
    return `TensorFlow's library ended the process with ${ending.signal} as it was tried: it does not fit this machine, or is damaged.`;
  }
  return [reason, ...ending.lastWords].join('\n  ');
}
