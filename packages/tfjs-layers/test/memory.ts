import { engine, io } from '@tensorflow/tfjs-core';
import { type LayersModel, loadLayersModel } from '@tensorflow/tfjs-layers';

/** What `model.save` passes to a handler, converted through JSON as a file would store it. */
export async function saved(
  model: LayersModel,
  options: Parameters<LayersModel['save']>[1] = {},
): Promise<io.ModelArtifacts> {
  let artifacts: io.ModelArtifacts | undefined;
  const handler = io.withSaveHandler(async (given) => {
    artifacts = given;
    return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
  });
  // A separate scope, for the step count that tfjs 4.22's stock optimizers save and never dispose.
  engine().startScope();
  await model.save(handler, options);
  engine().endScope();
  const { weightData, ...rest } = artifacts as io.ModelArtifacts;
  return { ...JSON.parse(JSON.stringify(rest)), weightData };
}

/** Loads the model that {@link saved} stored. */
export const loaded = (artifacts: io.ModelArtifacts): Promise<LayersModel> =>
  loadLayersModel(io.fromMemory(artifacts));
