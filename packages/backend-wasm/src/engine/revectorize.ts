/** Vectors of 256 bits as a part of a backend (compose.ts). */

import { BackendError } from "@kronograd/tensor";
import { detectFeatures, type Features, offered } from "./features.ts";

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
export function cannotRevectorize({ relaxed }: Pick<Features, "relaxed">): string | null {
  const { node, bun, deno } = process?.versions ?? {};
  if (node === undefined || bun !== undefined || deno !== undefined) return "only Node has a way to switch it on";
  if (Number.parseInt(node, 10) < 24) return `it needs Node 24 (this is ${node})`;
  if (process?.arch !== "x64") return `V8 has it for x64 processors (this is ${process?.arch})`;
  if (!relaxed) return "it needs relaxed SIMD";
  return hasAvx2(process) ? null : "this processor has no AVX2";
}

/** Switch it on: in the whole process, for modules that are compiled from now on. @throws {BackendError} it cannot be had here */
function switchOn(relaxed: boolean): void {
  const refused = cannotRevectorize({ relaxed });
  if (refused !== null) {
    const help = `Leave fast: "revectorize" away.`;
    throw new BackendError({ where: "wasm", problem: `cannot revectorize here: ${refused}`, help });
  }
  const v8 = process?.getBuiltinModule?.("node:v8") as { setFlagsFromString(flags: string): void };
  v8.setFlagsFromString("--experimental-wasm-revectorize");
}

/** Whether the processor has AVX2; where the system does not tell (only Linux does), it is taken to have it. */
function hasAvx2({ getBuiltinModule }: NodeProcess): boolean {
  const fs = getBuiltinModule?.("node:fs") as FileSystem | undefined;
  const path = "/proc/cpuinfo";
  return !fs?.existsSync(path) || fs.readFileSync(path, "utf8").includes(" avx2");
}

/** What `createDevice("wasm", { fast: "revectorize" })` needs; without it a backend refuses that. */
export const revectorize = {
  offer: () => offered("fast: revectorize", cannotRevectorize(detectFeatures())),
  switchOn,
} as const;

/** The part of a backend that gives it vectors of 256 bits. */
export type Revectorize = typeof revectorize;
