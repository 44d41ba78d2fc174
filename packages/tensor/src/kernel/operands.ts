/** Conditions that kernels put on their operands. */

import type { Dtype } from "../tensor/dtype.ts";

/** Whether all operands that are there have this dtype. */
export const allOf = (dtype: Dtype, operands: readonly ({ readonly dtype: Dtype } | undefined)[]): boolean =>
  operands.every((operand) => operand === undefined || operand.dtype === dtype);

/** Whether all operands that are there are float32. */
export const isFloat32 = (...operands: readonly ({ readonly dtype: Dtype } | undefined)[]): boolean =>
  allOf("float32", operands);
