/**
 * `@kronograd/tensor/kernel`: for those who write kernels. What backends would else write alike: expressions taken apart, the
 * fewest loops over strided operands, parameters of ops, references on the host of a device that must be waited for.
 */

export { type NormalizationView, normalizationView } from "../layout/normalization-view.ts";
export { batchOffsets, offsetsOf } from "../layout/offsets.ts";
export { HostFaults, runOnHost } from "./host-reference.ts";
export { allOf, isFloat32 } from "./operands.ts";
export type * from "./params.ts";
export { evaluate, type Plan, planOf } from "./plan.ts";
export { horner, series } from "./series.ts";
export { isSoftware } from "./software.ts";
export { axesWalk, broadcastWalk, joinAxes, otherAxes, type Walk } from "./walk.ts";
