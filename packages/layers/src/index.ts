/** `@kronograd/layers`: layers, losses, models, and what is asked of a whole model. */

export { type AttentionOptions, attention } from "./attention.ts";
export * from "./initializers.ts";
export * from "./layer.ts";
export * from "./layers/index.ts";
export type { LossReduction } from "./loss-checks.ts";
export * from "./losses/index.ts";
export { type Callable, model } from "./model.ts";
export * from "./models/index.ts";
export { residual } from "./residual.ts";
export { Sequential } from "./sequential.ts";
export type { SharedWeight } from "./shared-weight.ts";
export * from "./summary.ts";
export {
  buffers,
  countParameters,
  disposeModel,
  initialize,
  layersOf,
  type ModelOptions,
  noDecay,
  parameterRoles,
  parameters,
} from "./tree.ts";
export type { WeightOptions } from "./weights.ts";
