/**
 * `@kronograd/experiment`: names and objects. What a link, a command line and a run.json say, read, written and opened: data,
 * models, losses, optimizers. It runs anywhere; files and code of the user's own are brought by its surroundings.
 */

export * from "./catalogs/catalog.ts";
export * from "./catalogs/data-set.ts";
export { dataSets, losses, models, optimizers } from "./catalogs/index.ts";
export * from "./catalogs/loss.ts";
export * from "./catalogs/model.ts";
export * from "./experiment.ts";
export * from "./fingerprints.ts";
export * from "./link.ts";
export * from "./opening/data.ts";
export * from "./opening/loss.ts";
export * from "./opening/model.ts";
export * from "./opening/optimizer.ts";
export * from "./opening/surroundings.ts";
export * as kinds from "./settings/kinds.ts";
export * from "./settings/rivals.ts";
export * from "./settings/settings.ts";
export * from "./settings/settle.ts";
export * from "./settings/until.ts";
export * from "./text/adaptive-text.ts";
export * from "./text/call.ts";
export * from "./text/option-text.ts";
export * from "./text/schedule-text.ts";
