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

/** Why the backend cannot run here, or null. */
export function refusal(features: Features): string | null {
  if (features.simd) return null;
  return typeof WebAssembly === "undefined"
    ? "this engine has no WebAssembly"
    : "this engine's WebAssembly has no SIMD (Chrome 91, Firefox 89, Safari 16.4 and Node 16.4 are the first that do)";
}

/** Why memory cannot be shared with workers here, or null. */
export function cannotShare(): string | null {
  const { crossOriginIsolated } = globalThis as { crossOriginIsolated?: boolean };
  if (typeof SharedArrayBuffer !== "undefined" && crossOriginIsolated !== false) return null;
  return crossOriginIsolated === false
    ? "this page is not cross-origin isolated (COOP and COEP headers)"
    : "this engine has no shared memory";
}

interface NodeProcess {
  readonly versions: Readonly<Record<string, string>>;
  readonly arch: string;
  getBuiltinModule?(name: string): unknown;
}

interface FileSystem {
  existsSync(path: string): boolean;
  readFileSync(path: string, encoding: string): string;
}

const process = (globalThis as { process?: NodeProcess }).process;

/**
 * Why the engine cannot join pairs of 128-bit vectors to vectors of 256 bits, or null: an experiment of V8's on x64 processors
 * with AVX2, which Node can switch on from version 24.
 */
export function cannotRevectorize({ relaxed }: Features): string | null {
  const { node, bun, deno } = process?.versions ?? {};
  if (node === undefined || bun !== undefined || deno !== undefined) return "only Node has a way to switch it on";
  if (Number.parseInt(node, 10) < 24) return `it needs Node 24 (this is ${node})`;
  if (process?.arch !== "x64") return `V8 has it for x64 processors (this is ${process?.arch})`;
  if (!relaxed) return "it needs relaxed SIMD";
  return hasAvx2(process) ? null : "this processor has no AVX2";
}

/** Switch it on: in the whole process, for modules that are compiled from now on. */
export function revectorize(): void {
  const v8 = process?.getBuiltinModule?.("node:v8") as { setFlagsFromString(flags: string): void };
  v8.setFlagsFromString("--experimental-wasm-revectorize");
}

/** Whether the processor has AVX2; where the system does not tell (only Linux does), it is taken to have it. */
function hasAvx2({ getBuiltinModule }: NodeProcess): boolean {
  const fs = getBuiltinModule?.("node:fs") as FileSystem | undefined;
  const path = "/proc/cpuinfo";
  return !fs?.existsSync(path) || fs.readFileSync(path, "utf8").includes(" avx2");
}
