/** `@kronograd/optimizers`: transforms and chains, first-order optimizers, the curvature contract and its methods. */

export * from "./build-first-order.ts";
export * from "./build-second-order.ts";
export * from "./catalog/index.ts";
export * from "./catalog.ts";
export * from "./chain.ts";
export * from "./curvature/index.ts";
export { preconditionSameBatch } from "./curvature/parts/same-batch.ts";
export * from "./curvature-method.ts";
export * from "./driver/accumulate.ts";
export * from "./driver/adaptive.ts";
export * from "./driver/adaptive-damping.ts";
export * from "./driver/groups.ts";
export * from "./driver/plan.ts";
export * from "./driver/precondition.ts";
export * from "./driver/some-examples.ts";
export * from "./elementwise-transform.ts";
export * from "./optimizer.ts";
export * from "./options/common-options.ts";
export * from "./options/options.ts";
export * from "./schedules/schedule.ts";
export * from "./schedules/schedules.ts";
export * from "./state/optimizer-state.ts";
export * from "./state/state.ts";
export * from "./transform.ts";
export * from "./transforms/index.ts";
