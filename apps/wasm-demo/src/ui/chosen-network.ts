import { signal } from '@preact/signals';
import type { Network } from '../network';
import type { Session } from '../session';

const chosen = signal(0);

/** Which of the networks is looked into. */
export function chosenNetwork({ networks }: Session): Network | undefined {
  return networks.value[chosen.value] ?? networks.value[0];
}

export const choose = (network: Network): void => {
  chosen.value = network.number;
};
