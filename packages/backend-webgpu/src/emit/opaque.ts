/**
 * Values that a compiler computes as they stand.
 *
 * WGSL lets it reassociate, and (a + b) − a is b to one that does: no sum could then know what its rounding lost. `seen_(x)`
 * is x, by an exclusive or of its bits with a uniform that is 0, which no compiler knows, so none looks through it.
 */

import type { Uniform } from "../kit.ts";

/** The uniform that a program with `seen_` needs. */
export const seenUniform: Readonly<Record<string, Uniform>> = { zero: ["u32", 0] };

export const seenFunctions = {
  f32: "fn seen_(x: f32) -> f32 { return bitcast<f32>(bitcast<u32>(x) ^ u.zero); }",
  vec4f: "fn seen_(x: vec4f) -> vec4f { return bitcast<vec4f>(bitcast<vec4u>(x) ^ vec4u(u.zero)); }",
} as const;
