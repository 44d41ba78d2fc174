/** Operands that are tensors or plain numbers. */

import { run } from "../op/dispatch.ts";
import { full } from "../tensor/create.ts";
import { isFloat } from "../tensor/dtype.ts";
import { scope } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { ElementwiseOp } from "./elementwise.ts";

/** A tensor, or a number that stands for a scalar tensor beside one. */
export type Operable = Tensor | number;

/**
 * Run an elementwise op on operands of which some are numbers. A number takes device and dtype of the first tensor of
 * floats, else of the first tensor (float32 where the number is not whole), else the ambient ones.
 */
export function runMixed(op: ElementwiseOp, ...operands: readonly Operable[]): Tensor {
  const tensors = operands.filter((operand) => typeof operand !== "number");
  const like = tensors.find(({ dtype }) => isFloat(dtype)) ?? tensors[0];
  const lift = (value: Operable): Tensor => {
    if (typeof value !== "number") return value;
    if (like === undefined) return full([], value);
    const dtype = like.dtype === "int32" && !Number.isInteger(value) ? "float32" : like.dtype;
    return full([], value, { device: like.device, dtype });
  };
  const lifts = operands.some((operand) => typeof operand === "number");
  const call = () => run(op, operands.map(lift), {});
  return lifts ? scope(call) : call();
}
