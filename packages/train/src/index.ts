/** `@kronograd/train`: `fit()` as a stream of events, evaluation, checkpoints. The run folder is `@kronograd/train/node`. */

export * from "./checkpoint.ts";
export type { CheckpointTree } from "./checkpoint-tree.ts";
export * from "./clock.ts";
export { type EarlyStopping, earlyStopping } from "./early-stopping.ts";
export * from "./evaluate.ts";
export { withEvaluationWeights } from "./evaluation-weights.ts";
export * from "./events.ts";
export { type EndEvent, fit, type Training } from "./fit.ts";
export type { CheckpointPlan, FitOptions } from "./fit-options.ts";
export { type Limits, stepLimit } from "./limits.ts";
export * from "./metric.ts";
export * from "./metric-catalog.ts";
export * from "./metrics/index.ts";
export { metricsCsv } from "./metrics-csv.ts";
export { batchesOf } from "./run.ts";
export type { Best } from "./run-state.ts";
export { type StepInput, type StepResult, trainStep } from "./step.ts";
export { type LoadedWeights, type LoadWeightsOptions, loadWeights } from "./weights/load-weights.ts";
export { type PredictInputs, type PredictOptions, predict } from "./weights/predict.ts";
export { type SaveWeightsOptions, saveWeights } from "./weights/save-weights.ts";
