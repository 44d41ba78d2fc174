/**
 * `@kronograd/testkit`: comparison, gradient checks, random draws and a device without hardware, for the tests of packages.
 * It needs no test runner; `@kronograd/testkit/matcher` adds vitest's `toBeAllclose`.
 */

export { allclose, type Comparison, compare, type Tolerance } from "./allclose.ts";
export { type DeferredCounts, DeferredDevice, type DeferredOptions, deferred } from "./deferred.ts";
export { type Drawn, type DrawOptions, draw, drawInputs, embed, place, plainLayout } from "./draw.ts";
export {
  checkGradients,
  type Differentiable,
  type GradientCheckOptions,
  type GradientReport,
  gradientReports,
} from "./gradient-check.ts";
export { type Comparable, download, type HostArray, hostArray, isTensor } from "./host.ts";
export { specialValues } from "./special-values.ts";
