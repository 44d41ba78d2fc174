/** `@kronograd/optimizers`: transforms and chains, first-order optimizers, the curvature contract and its methods. */

export * from "./chain.ts";
export * from "./curvature.ts";
export * from "./optimizer.ts";
export * from "./precondition.ts";
export * from "./schedule.ts";
export * from "./state.ts";
export * from "./transform.ts";
