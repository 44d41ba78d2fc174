/** `@kronograd/optimizers`: transforms and chains, first-order optimizers, the curvature contract and its methods. */

export * from "./accumulate.ts";
export * from "./adaptive-damping.ts";
export * from "./catalog.ts";
export * from "./chain.ts";
export * from "./common-options.ts";
export * from "./curvature/index.ts";
export { pushThrough as pushFactorsThrough } from "./curvature/parts/push-through.ts";
export * from "./curvature.ts";
export * from "./damping.ts";
export * from "./elementwise-transform.ts";
export * from "./first-order.ts";
export * from "./groups.ts";
export * from "./optimizer.ts";
export * from "./optimizer-state.ts";
export * from "./optimizers/index.ts";
export * from "./option-text.ts";
export * from "./options.ts";
export * from "./plan.ts";
export * from "./precondition.ts";
export * from "./schedule.ts";
export * from "./schedule-text.ts";
export * from "./schedules.ts";
export * from "./second-order.ts";
export * from "./some-examples.ts";
export * from "./state.ts";
export * from "./transform.ts";
export * from "./transforms/index.ts";
