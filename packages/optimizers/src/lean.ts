/**
 * `@kronograd/optimizers/lean`: the pieces that `skfac()` is made of, for programs that count their bytes.
 *
 * A bundle holds what is passed: `columnHistory` for a running average over batches, a reduction of `@kronograd/autograd`, the
 * links of the chain. `skfac()` brings all of them along, the checks and help of its options, and the whole driver.
 *
 * @example
 * const curvature = preconditionPlainly(leanSkfac({ refreshEvery: 20 }), { every: 20 });
 * new Optimizer({ name: "skfac", learningRate: 0.01, chain: chainPlainly(curvature, klClip(1e-3), momentum()) });
 */

export { chainPlainly } from "./chain-plainly.ts";
export { type ColumnHistory, columnHistory } from "./curvature/parts/column-history.ts";
export { leanSkfac, type SkfacParts, type SkfacSettings } from "./curvature/parts/skfac-method.ts";
export { type PlainOptions, preconditionPlainly } from "./driver/precondition-plainly.ts";
export { someExamples } from "./driver/some-examples.ts";
export { Optimizer } from "./optimizer.ts";
export { klClip } from "./transforms/kl-clip.ts";
export { momentum } from "./transforms/momentum.ts";
