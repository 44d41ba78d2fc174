/** What kernel families share: products, passes over memory, row-major copies. */

import { isContiguous, type Kernel, type Operand, sizeOf, stridesOf, type TypedArray } from "@kronograd/tensor";
import * as e from "@kronograd/tensor/expression";
import { copyBytes, fillBytes, int, integers } from "./engine/assembler.ts";
import { addressOf, bytesOf, type Runtime } from "./engine/runtime.ts";
import { createElementwise, type RunExpressions } from "./kernels/elementwise.ts";
import { bothProducts, type Products } from "./kernels/products.ts";
import type { Callee } from "./threads/board.ts";

export interface Kit extends Runtime {
  readonly products: (dtype: Operand["dtype"]) => Products | null;
  readonly runExpressions: RunExpressions;
  /** Copy values of any layout to a row-major target of the same dtype. */
  copy(target: Operand, source: Operand): void;
  /** Fill so many bytes with zeros. */
  clear(address: number, bytes: number): void;
  /** The function that `clear` calls, for pieces of a job. */
  clearing(): Callee;
  /** The operand itself where it lies row-major, else a copy in scratch memory. */
  dense(operand: Operand): Operand;
  /** A row-major operand in scratch memory, uninitialised. */
  temporary(dtype: Operand["dtype"], shape: readonly number[]): Operand;
  /** The values of a row-major operand. */
  values(operand: Operand): TypedArray;
}

export type Kernels = Record<string, Kernel>;

/** Kernels that belong together, by op name; `composeWasm` makes a backend of families. */
export type KernelFamily = (kit: Kit) => Kernels;

const identity = [e.input(0)];

export function createKit(runtime: Runtime): Kit {
  const { memory } = runtime;
  const runExpressions = createElementwise(runtime, {});
  // views of shared memory copy and fill at half the speed of these
  const code = runtime.code<"move" | "clear">((module) => {
    module.define("move", integers(3), (_, to, from, bytes) => copyBytes(to, from, bytes));
    module.define("clear", integers(2), (_, address, bytes) => fillBytes(address, int(0), bytes));
  });
  const clear = (address: number, bytes: number) => void code().clear(address, bytes);
  const kit: Kit = {
    ...runtime,
    products: bothProducts(runtime, clear),
    runExpressions,
    copy(target, source) {
      if (isContiguous(source)) {
        const bytes = sizeOf(source.shape) * bytesOf(source);
        code().move(addressOf(target), addressOf(source), bytes);
        return;
      }
      // bits of int32 pass unchanged through lanes of float32
      const asFloat = (operand: Operand): Operand =>
        operand.dtype === "int32" ? { ...operand, dtype: "float32" } : operand;
      runExpressions(identity, [asFloat(target)], [asFloat(source)], {});
    },
    clear,
    clearing: () => code().clear,
    dense(operand) {
      if (isContiguous(operand)) return operand;
      const target = kit.temporary(operand.dtype, operand.shape);
      kit.copy(target, operand);
      return target;
    },
    temporary: (dtype, shape) => ({
      shape,
      strides: stridesOf(shape),
      offset: 0,
      dtype,
      handle: memory.scratch(dtype, sizeOf(shape)),
    }),
    values(operand) {
      return memory.view({
        address: addressOf(operand),
        dtype: operand.dtype,
        length: sizeOf(operand.shape),
      });
    },
  };
  return kit;
}
