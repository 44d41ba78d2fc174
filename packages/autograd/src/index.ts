/** `@kronograd/autograd`: reverse-mode derivatives of any order, and what curvature methods see of a layer. */

export { type CaptureRequest, collectLayers, type LayerCall, type LayerView, recordLayer } from "./capture.ts";
export { ggnvp, grad, hvp, jvp, type Like, leaves, type Pullback, type Tensors, vjp } from "./grad.ts";
export * from "./gradient.ts";
export { joinRecords } from "./join-records.ts";
export * from "./layer-record.ts";
export * from "./linearize.ts";
export * from "./loss.ts";
export type { Parameters } from "./parameter-blocks.ts";
export { recompute } from "./recompute.ts";
export { expand, type ReductionName, reduce, reductions } from "./reductions.ts";
export * from "./several-losses.ts";
export { stepRows } from "./step-rows.ts";
export { Tape } from "./tape.ts";
export {
  type LossObjective,
  type Objective,
  type ValueAndGrad,
  type ValueAndGradOptions,
  valueAndGrad,
} from "./value-and-grad.ts";
export { perExample, transposedWeight, weightedRows } from "./weighted-rows.ts";
