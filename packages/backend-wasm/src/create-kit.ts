/** Makes the kit that kernel families share. */

import { isContiguous, type Operand, sizeOf, stridesOf } from "@kronograd/tensor";
import * as e from "@kronograd/tensor/expression";
import { copyBytes, fillBytes, int, integers } from "./engine/assembler.ts";
import { addressOf, bytesOf, type Runtime } from "./engine/runtime.ts";
import { createElementwise } from "./kernels/elementwise.ts";
import { bothProducts } from "./kernels/products.ts";
import type { Kit } from "./kit.ts";

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
