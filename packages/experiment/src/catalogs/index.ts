/** The catalogs: data sets, models, losses and optimizers by name. Each is made from the files of its folder. */

import { catalog as optimizers } from "@kronograd/optimizers";
import * as dataFiles from "../data/index.ts";
import * as lossFiles from "../losses/index.ts";
import * as modelFiles from "../models/index.ts";
import { type Catalog, catalogOf } from "./catalog.ts";
import { type DataSetEntry, isDataSet } from "./data-set.ts";
import { isLoss, type LossEntry } from "./loss.ts";
import { isModel, type ModelEntry } from "./model.ts";

/** Data sets by name. */
export const dataSets: Catalog<DataSetEntry> = /* @__PURE__ */ catalogOf("data set", "--data", dataFiles, isDataSet);
/** Models by name. */
export const models: Catalog<ModelEntry> = /* @__PURE__ */ catalogOf("model", "--model", modelFiles, isModel);
/** Losses by name. */
export const losses: Catalog<LossEntry> = /* @__PURE__ */ catalogOf("loss", "--loss", lossFiles, isLoss);

export { optimizers };
