/**
 * `@kronograd/testkit`: the suites that every op, backend, layer, optimizer and curvature method passes, as vitest tests.
 * Importing it installs the matcher `toBeAllclose`.
 */

import "./matcher.ts";

export { allclose, type Comparison, compare, type Tolerance } from "./allclose.ts";
export { backendSuite } from "./backend-suite.ts";
export { type CoverageOptions, type CoverageRow, coverageTable, coverOp } from "./coverage.ts";
export { curvatureSuite } from "./curvature-suite.ts";
export { type DeferredCounts, DeferredDevice, type DeferredOptions, deferred } from "./deferred.ts";
export {
  checkGradients,
  type Differentiable,
  type GradientCheckOptions,
  type GradientReport,
  gradientReports,
} from "./gradient-check.ts";
export { type Comparable, download, type HostArray, hostArray } from "./host.ts";
export { type LayerInput, type LayerStatement, layerStatements } from "./layer-checks.ts";
export { layerSuite } from "./layer-suite.ts";
export { type OpSuiteOptions, opSuite } from "./op-suite.ts";
export { type MakeOptimizer, type OptimizerStatement, optimizerStatements } from "./optimizer-checks.ts";
export { type OptimizerSuiteOptions, optimizerSuite } from "./optimizer-suite.ts";
export { specialValues } from "./special-values.ts";
export { type TinyData, type TinyOptions, type TinyProblem, tinyClouds, tinyConvNet, tinyMlp } from "./tiny.ts";
