/** A tensor as loops and kernels see it: a layout, a dtype, and where the elements are. */

import type { Dtype, TypedArray } from "../tensor/dtype.ts";
import type { Layout } from "../tensor/shape.ts";

/** A backend's own name for one buffer; only the backend looks inside. */
export type Handle = unknown;

/** A tensor as a kernel sees it: layout plus the backend's handle. */
export interface Operand extends Layout {
  readonly handle: Handle;
  readonly dtype: Dtype;
}

/** A tensor as a reference kernel sees it: layout plus host memory. */
export interface HostOperand extends Layout {
  readonly data: TypedArray;
  readonly dtype: Dtype;
}
