/** The table from a fixture's op to its handler: one file for each family. */

import { convHandlers } from "./conv.ts";
import { curvatureHandlers } from "./curvature.ts";
import { fisherHandlers } from "./fisher.ts";
import type { Handler } from "./handler.ts";
import { linalgHandlers } from "./linalg.ts";
import { netHandlers } from "./nets.ts";
import { opsHandlers } from "./ops.ts";
import { optimHandlers } from "./optim.ts";

export const handlers: Readonly<Record<string, Handler>> = {
  ...linalgHandlers,
  ...convHandlers,
  ...opsHandlers,
  ...netHandlers,
  ...optimHandlers,
  ...curvatureHandlers,
  ...fisherHandlers,
};
