import { findInstallation, flawOf, setupCommand } from '../src/tensorflow';

/** Ends the run before it begins if TensorFlow is not installed, or incomplete. */
export default function requireTensorflow(): void {
  const installation = findInstallation();
  const flaw = installation === undefined ? 'TensorFlow is not installed.' : flawOf(installation);
  if (flaw !== undefined) throw new Error(`${flaw} These tests need it: run ${setupCommand()} first.`);
}
