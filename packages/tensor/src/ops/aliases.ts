/**
 * Names that PyTorch or NumPy give to functions of this package, for those who look for them. Each is the function itself, or
 * its arguments in the other order; programs that use none of them carry none.
 */

import type { Operable } from "../elementwise/scalar-or-tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { multiplyAdd } from "./arithmetic.ts";
import { finite } from "./comparison.ts";
import { cumulativeSum } from "./cumulative-sum.ts";
import { expandDims } from "./expand-squeeze.ts";
import { gather } from "./gather.ts";
import { logSumExp } from "./log-sum-exp.ts";

/** `cumulativeSum`, by its name in PyTorch and NumPy. */
export const cumsum = cumulativeSum;
/** `finite`, by its name in PyTorch and NumPy. */
export const isfinite = finite;
/** `logSumExp`, by its name in PyTorch. */
export const logsumexp = logSumExp;
/** `expandDims`, by its name in PyTorch. */
export const unsqueeze = expandDims;
/** input + a · b, the arguments of `multiplyAdd` in PyTorch's order. */
export const addcmul = (input: Operable, a: Operable, b: Operable): Tensor => multiplyAdd(a, b, input);
/** Rows of a table by index, the arguments of `gather` in the order of PyTorch's `functional.embedding`. */
export const embeddingRows = (indices: Tensor, table: Tensor): Tensor => gather(table, indices);
