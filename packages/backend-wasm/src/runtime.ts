/** What kernels are given: the memory, what the engine can do, and a way to make functions out of modules. */

import type { Operand } from "@kronograd/tensor";
import type { Module } from "./assembler.ts";
import type { Block, Memory } from "./memory.ts";

/** Functions of a module; addresses and counts are numbers. */
export type Functions<Names extends string> = Readonly<Record<Names, (...operands: number[]) => number>>;

export interface Runtime {
  readonly memory: Memory;
  /** Whether multiply and add are one instruction (relaxed SIMD). */
  readonly fused: boolean;
  /** Compile a module and connect it to the memory. */
  link<Names extends string>(module: Module): Functions<Names>;
}

export function createRuntime(memory: Memory, fused: boolean): Runtime {
  return {
    memory,
    fused,
    link<Names extends string>(module: Module) {
      const compiled = new WebAssembly.Module(module.bytes(memory.type));
      const instance = new WebAssembly.Instance(compiled, { env: { memory: memory.wasm } });
      return instance.exports as Functions<Names>;
    },
  };
}

/** Make something on first use. Modules are compiled so: a program pays for the kernels that it runs. */
export function lazy<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/** Where an operand's first element is, in bytes. */
export function addressOf({ handle, offset, dtype }: Operand): number {
  return (handle as Block).address + offset * (dtype === "float64" ? 8 : 4);
}
