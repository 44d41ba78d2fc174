/** What kernels have for each float type. */

import type { Operand } from "@kronograd/tensor";

/** What belongs to a float dtype; null for integers. */
export const byFloat =
  <T>(narrow: T, wide: T) =>
  (dtype: Operand["dtype"]): T | null =>
    dtype === "float32" ? narrow : dtype === "float64" ? wide : null;
