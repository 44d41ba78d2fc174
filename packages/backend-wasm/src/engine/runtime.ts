/** What kernels are given: the memory, what the engine can do, and a way to make functions out of modules. */

import type { Operand } from "@kronograd/tensor";
import type { Arithmetic } from "../emit/tile.ts";
import type { Callee } from "../threads/board.ts";
import type { Call, Piece, Pool } from "../threads/pool.ts";
import { Module } from "./assembler.ts";
import type { Block, Memory } from "./memory.ts";

/** Functions of a module; addresses and counts are numbers. */
export type Functions<Names extends string> = Readonly<Record<Names, (...operands: number[]) => number>>;

export interface Runtime extends Arithmetic {
  readonly memory: Memory;
  /** Threads that a large job is given to; 1: the caller's. */
  readonly threads: number;
  /** Compile a module and connect it to the memory. */
  link<Names extends string>(module: Module): Functions<Names>;
  /** Functions that are written and compiled when they are first asked for. */
  code<Names extends string>(build: (module: Module) => void): () => Functions<Names>;
  /** How to do a job of so many operations (multiply-adds, or elements times what each costs): by how many threads. */
  fork(operations: number): Fork;
}

/** One way to do a job whose pieces are independent of each other. */
export interface Fork {
  /** Threads that take part. */
  readonly ways: number;
  /** An address in memory that each thread has of its own: `ways` parts, one behind the other, from this address on. */
  own(address: number): number;
  /**
   * Do pieces 0 … count − 1, each of them calls of functions of the runtime's modules. A piece must write nothing that another
   * reads or writes, and may not look at what its calls do: they may run later, elsewhere.
   *
   * @param stride  bytes of the memory that each thread has of its own, a multiple of 64
   * @returns the sum of the integers that the calls gave back
   */
  each(count: number, piece: Piece, stride?: number): number;
}

/** Operations below which waking other threads costs more than they do: about 20 µs of products. */
const forkLeast = 2 ** 19;

const alone: Fork = {
  ways: 1,
  own: (address) => address,
  each(count, piece) {
    let sum = 0;
    const call: Call = (callee, ...operands) => {
      sum += callee(...operands) ?? 0;
    };
    for (let i = 0; i < count; i++) piece(i, call);
    return sum;
  },
};

export function createRuntime(
  memory: Memory,
  arithmetic: Arithmetic,
  pool: Pool | null = null,
  forkFrom = forkLeast,
): Runtime {
  const together: Fork | null = pool && {
    ways: pool.threads,
    own: (address) => pool.own(address),
    each: (count, piece, stride = 0) => pool.run(count, stride, piece),
  };
  const link = <Names extends string>(module: Module) => {
    const bytes = module.bytes(memory.type);
    const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory: memory.wasm } });
    pool?.publish(bytes, Object.values(instance.exports) as Callee[]);
    return instance.exports as Functions<Names>;
  };
  return {
    ...arithmetic,
    memory,
    threads: pool?.threads ?? 1,
    link,
    code: (build) =>
      lazy(() => {
        const module = new Module();
        build(module);
        return link(module);
      }),
    fork: (operations) => (together === null || operations < forkFrom ? alone : together),
  };
}

/** Cut `size` lines, planes, … into a few pieces for each thread. @returns the sum of what the calls gave back */
export function inShares(
  fork: Fork,
  size: number,
  share: (first: number, count: number, call: Call) => void,
  stride = 0,
): number {
  const most = Math.max(1, Math.ceil(size / (fork.ways === 1 ? 1 : 4 * fork.ways)));
  const piece: Piece = (index, call) => share(index * most, Math.min(most, size - index * most), call);
  return fork.each(Math.ceil(size / most), piece, stride);
}

/** Make something on first use. */
export function lazy<T extends object>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

/** Bytes of an element. */
export const bytesOf = ({ dtype }: Pick<Operand, "dtype">): number => (dtype === "float64" ? 8 : 4);

/** Where an operand's first element is, in bytes. */
export function addressOf(operand: Operand): number {
  return (operand.handle as Block).address + operand.offset * bytesOf(operand);
}
