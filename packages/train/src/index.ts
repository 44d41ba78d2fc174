/** `@kronograd/train`: `fit()` as a stream of events, evaluation, checkpoints. The run folder is `@kronograd/train/node`. */

export * from "./checkpoint.ts";
export * from "./clock.ts";
export * from "./evaluate.ts";
export * from "./events.ts";
export { type FitOptions, fit } from "./fit.ts";
export { metricsCsv } from "./metrics.ts";
export { type StepInput, type StepResult, trainStep } from "./step.ts";
