/**
 * `@kronograd/suites`: what every op, backend, layer, optimizer and curvature method must satisfy, as vitest tests, and the
 * small nets they are tried on.
 */

export { type CoverageOptions, type CoverageRow, coverageTable, coverOp } from "./backend/coverage.ts";
export { lostSince } from "./backend/kept-kernels.ts";
export { type BackendSuiteOptions, backendSuite } from "./backend/suite.ts";
export { curvatureSuite } from "./curvature/suite.ts";
export { type LayerInput, type LayerStatement, layerStatements } from "./layer/checks.ts";
export { layerSuite } from "./layer/suite.ts";
export { type OpSuiteOptions, opSuite } from "./op/suite.ts";
export { type MakeOptimizer, type OptimizerStatement, optimizerStatements } from "./optimizer/checks.ts";
export { type OptimizerSuiteOptions, optimizerSuite } from "./optimizer/suite.ts";
export { type TinyData, type TinyOptions, type TinyProblem, tinyClouds, tinyConvNet, tinyMlp } from "./tiny.ts";
