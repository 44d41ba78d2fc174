/** `@kronograd/layers`: layers, losses, models, and what is asked of a whole model. */

export { type AttentionOptions, attention } from "./attention.ts";
export * from "./initializers.ts";
export * from "./layer.ts";
export * from "./layers/index.ts";
export * from "./losses/index.ts";
export { type Callable, model } from "./model.ts";
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
  positionRoles,
} from "./model-tree.ts";
export * from "./models/index.ts";
export type { LossReduction } from "./parts/loss-checks.ts";
export type { SharedWeight } from "./parts/shared-weight.ts";
export type { WeightOptions } from "./parts/weight-options.ts";
export { recomputed } from "./recomputed.ts";
export { residual } from "./residual.ts";
export { Sequential } from "./sequential.ts";
export * from "./structure.ts";
export * from "./summary.ts";
