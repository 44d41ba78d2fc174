/** `@kronograd/autograd`: reverse-mode derivatives of any order, and what curvature methods see of a layer. */

export { type CaptureRequest, collectLayers, type LayerCall, type LayerView, recordLayer } from "./capture.ts";
export { ggnvp, grad, hvp, jvp, type Like, leaves, type Pullback, type Tensors, vjp } from "./grad.ts";
export * from "./gradient.ts";
export { joinRecords } from "./join-records.ts";
export * from "./layer-record.ts";
export { reduce } from "./layer-rows.ts";
export * from "./loss.ts";
export type { Parameters } from "./parameter-blocks.ts";
export * from "./reductions.ts";
export { Tape } from "./tape.ts";
export * from "./value-and-grad.ts";
