/** `@kronograd/train`: `fit()` as a stream of events, evaluation, checkpoints. The run folder is `@kronograd/train/node`. */

export * from "./checkpoint.ts";
export type { CheckpointTree } from "./checkpoint-tree.ts";
export * from "./clock.ts";
export * from "./evaluate.ts";
export * from "./events.ts";
export { type CheckpointPlan, type FitOptions, fit } from "./fit.ts";
export { type Limits, stepLimit } from "./limits.ts";
export { metricsCsv } from "./metrics.ts";
export { batchesOf } from "./run.ts";
export { type StepInput, type StepResult, trainStep } from "./step.ts";
