/** Everything of a run or race opened and checked before a folder is made: data, device, model, loss, optimizers. */

import type { Loss } from "@kronograd/autograd";
import { type Dataset, withValidation } from "@kronograd/data";
import {
  defaultData,
  type ModelMaker,
  type OptimizerMaker,
  openData,
  openLoss,
  openModel,
  openOptimizer,
} from "@kronograd/experiment";
import { disposeModel } from "@kronograd/layers";
import { type Device, Rng } from "@kronograd/tensor";
import { batchesOf } from "@kronograd/train";
import { createDevice } from "kronograd";
import { type Layer, merge } from "../configuration/layers.ts";
import type { RivalSettings } from "../configuration/rival-options.ts";
import { type CommandDefaults, parseKeep, rivalsOf, type Settings, settle } from "../configuration/settings.ts";
import { surroundings } from "./surroundings.ts";

/** A rival that can be started. */
export interface OpenRival extends RivalSettings {
  readonly make: OptimizerMaker;
}

/** A run or a race that can be started. */
export interface OpenExperiment {
  readonly settings: Settings;
  readonly data: Dataset;
  readonly device: Device;
  readonly loss: Loss;
  readonly model: ModelMaker;
  readonly rivals: readonly OpenRival[];
}

/**
 * Open an experiment. Names are looked at before data is read.
 *
 * @param change  makes another data set of the one that was opened: `tune` holds rows back. Default: rows are held out of the
 *   training rows for validation, the same for every rival and seed, where an evaluation ends a run or keeps a checkpoint
 * @throws {UsageError | ShapeError | DataError | BackendError} what is wrong with it
 */
export async function openExperiment(
  layers: readonly Layer[],
  defaults: CommandDefaults,
  change?: (data: Dataset) => Dataset,
): Promise<OpenExperiment> {
  const config = merge(layers);
  const here = surroundings(config.dataDir);
  const chosen = rivalsOf(layers, defaults);
  const device = await createDevice(config.backend ?? "auto", {
    strict: config.strict ?? false,
    ...(config.threads === undefined ? {} : { threads: config.threads }),
    ...(config.fast === undefined ? {} : { fast: config.fast }),
  });
  const opened = await openData(config.data ?? defaultData, here, { task: config.task });
  const decides = config.until !== undefined || parseKeep(config.keep ?? defaults.keep).best > 0;
  const validated = decides ? withValidation(opened, { rng: new Rng(0) }) : opened;
  const data = change === undefined ? validated : change(opened);
  const settings = settle(layers, defaults, chosen, data);
  batchesOf(data, settings.batch, new Rng(0)); // refuses batches that the rows do not fill
  const loss = await openLoss(settings.loss, data, here);
  const model = await openModel(settings.model, data, here);
  disposeModel(model({ rng: new Rng(0), device, dtype: settings.dtype })); // refuses a model that does not fit the data
  const shape = { steps: Number.isFinite(settings.limit) ? settings.limit : undefined, schedule: settings.schedule };
  const rivals = await Promise.all(
    chosen.map(async (rival) => ({ ...rival, make: await openOptimizer(rival.optimizer, rival.options, shape, here) })),
  );
  return { settings, data, device, loss, model, rivals };
}
