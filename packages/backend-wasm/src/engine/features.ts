/** What this engine can run, found by validating tiny modules: by feature, never by timing, so that a run can be repeated. */

import { F32, Module } from "./assembler.ts";
import { f32x4 } from "./lanes.ts";
import { lazy } from "./runtime.ts";

function accepts(build: () => Module): boolean {
  return WebAssembly.validate(build().bytes({ pages: 1, maximumPages: 1, shared: false }));
}

function probe(relaxed: boolean): Module {
  const module = new Module();
  module.define(
    "probe",
    [F32],
    (_, x) => {
      const lanes = f32x4.splat(x);
      return f32x4.lane(relaxed ? f32x4.relaxedMultiplyAdd(lanes, lanes, lanes) : f32x4.add(lanes, lanes), 0);
    },
    F32,
  );
  return module;
}

export interface Features {
  readonly simd: boolean;
  /** Relaxed SIMD: multiply and add in one instruction. */
  readonly relaxed: boolean;
}

export const detectFeatures = lazy((): Features => {
  if (typeof WebAssembly === "undefined") return { simd: false, relaxed: false };
  return { simd: accepts(() => probe(false)), relaxed: accepts(() => probe(true)) };
});

/** One line about an option: whether it can be had here. */
export const offered = (option: string, refused: string | null): string =>
  `${option}: ${refused === null ? "yes" : `no, ${refused}`}`;

/** Why the backend cannot run here, or null. */
export function refusal(features: Features): string | null {
  if (features.simd) return null;
  return typeof WebAssembly === "undefined"
    ? "this engine has no WebAssembly"
    : "this engine's WebAssembly has no SIMD (Chrome 91, Firefox 89, Safari 16.4 and Node 16.4 are the first that do)";
}
