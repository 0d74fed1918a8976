import { useId } from 'preact/hooks';
import type { Session } from '../session';
import { chosenNetwork } from './chosen-network';
import { activationTitle } from './format';

/** Chooses the network to inspect if there are two. */
export function NetworkChoice({ session }: { session: Session }) {
  const name = useId();
  const networks = session.networks.value;
  if (networks.length < 2) return null;
  const chosen = chosenNetwork(session);
  return (
    <fieldset class="choice">
      <legend class="unseen">Network to look into</legend>
      {networks.map((network) => (
        <label key={network.number}>
          <input
            type="radio"
            name={name}
            checked={network === chosen}
            onChange={() => {
              session.chosen.value = network.number;
            }}
          />
          {activationTitle(network.activation.value)}
        </label>
      ))}
    </fieldset>
  );
}
