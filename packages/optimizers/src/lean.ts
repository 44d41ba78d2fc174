/**
 * `@kronograd/optimizers/lean`: the pieces that `skfac()` is made of, for programs that count their bytes.
 *
 * A bundle holds what is passed: `columnHistory` for a running average over batches, `preconditionSameBatch` for push-through,
 * a reduction of `@kronograd/autograd`, the links of the chain. `skfac()` brings all of them and its options' help along.
 *
 * @example
 * const curvature = precondition(leanSkfac({ refreshEvery: 20 }), { statisticsEvery: 20, refreshEvery: 20 });
 * new Optimizer({ name: "skfac", learningRate: 0.01, chain: chain(curvature, klClip(1e-3), momentum()) });
 */

export { chain } from "./chain.ts";
export { type ColumnHistory, columnHistory } from "./curvature/parts/column-history.ts";
export { preconditionSameBatch } from "./curvature/parts/same-batch.ts";
export { leanSkfac, type SkfacParts } from "./curvature/parts/skfac-method.ts";
export { preconditionPlainly } from "./driver/precondition-plainly.ts";
export { someExamples } from "./driver/some-examples.ts";
export { Optimizer } from "./optimizer.ts";
export { klClip } from "./transforms/kl-clip.ts";
export { momentum } from "./transforms/momentum.ts";
