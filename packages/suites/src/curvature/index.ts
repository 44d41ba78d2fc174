/** `@kronograd/suites/curvature`: the curvature suite without a test runner. */

export type { Statement } from "./statement.ts";
export { type CurvatureReport, curvatureStatements, curvatureTable, type Verdict, verifyCurvature } from "./verify.ts";
