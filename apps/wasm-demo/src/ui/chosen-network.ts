import type { Network } from '../network';
import type { Session } from '../session';

/** The network being inspected. */
export const chosenNetwork = ({ networks, chosen }: Session): Network | undefined =>
  networks.value[chosen.value] ?? networks.value[0];
