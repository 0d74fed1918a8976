import { type Finding, type Installation, TrainerError, tryBackend } from '@harmonic-mlp/node-trainer';

/** The result of training on an installation. */
export interface Proof {
  /** The versions of TensorFlow and of tfjs-node. */
  version: string;
  device: string;
  /** The mean training losses of the first and the last epoch. */
  losses: [first: number, last: number];
}

/** How long a few training steps may take on a processor, in seconds. */
const patience = 300;

/**
 * Trains a few steps on an installation, in another process: a library that does not fit the machine may crash it.
 *
 * @throws {TrainerError} `INSTALLATION_UNUSABLE` when it does not train; the reason of the signal.
 */
export async function prove(installation: Installation, signal?: AbortSignal): Promise<Proof> {
  const { started, losses, ...failure } = await tryBackend(
    { backend: 'tensorflow', kernels: false, installation, learns: true },
    // For a new card, kernels are compiled first, which takes tens of minutes.
    installation.variant === 'gpu' ? undefined : patience,
    signal,
  );
  if (started === undefined || losses === undefined || failure.reason !== undefined) {
    throw new TrainerError('INSTALLATION_UNUSABLE', whyItFailed(failure));
  }
  if (installation.variant === 'gpu' && started.adapter !== 'hardware') {
    throw new TrainerError('INSTALLATION_UNUSABLE', {
      problem:
        'TensorFlow finds no graphics card that it can use: its driver, CUDA 11.2 and cuDNN 8.1 must be where the loader finds them.',
      fix: 'Without a card, leave out --gpu.',
    });
  }
  return { version: started.version, device: started.device, losses };
}

/** What the process reported, or how it ended. */
export function whyItFailed({
  reason = 'It did not train.',
  ending,
}: Pick<Finding, 'reason' | 'ending'>): string {
  if (ending === undefined) return reason;
  if (ending.signal !== null) {
    return `TensorFlow's library crashed the process (${ending.signal}): it does not fit this machine, or is damaged.`;
  }
  return [reason, ...ending.lastWords].join('\n  ');
}
