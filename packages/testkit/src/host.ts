/** Numbers in host memory with a shape: what suites and the conformance runner compare. */

import { type NestedNumbers, type Shape, type Tensor, tensor } from "@kronograd/tensor";

/** Row-major numbers with a shape; the tensors of fixture files have this form too. */
export interface HostArray {
  readonly shape: Shape;
  readonly data: ArrayLike<number>;
}

/** Whatever can be read as a HostArray at once. */
export type Comparable = Tensor | HostArray | NestedNumbers | Float32Array | Float64Array | Int32Array;

/**
 * Read a value as a HostArray.
 *
 * @throws {BackendError} a tensor on an asynchronous device: use `await download(t)`
 */
export function hostArray(value: Comparable): HostArray {
  if (isTensor(value)) return { shape: value.shape, data: value.dataSync() };
  if (ArrayBuffer.isView(value)) return { shape: [value.length], data: value };
  if (typeof value === "object" && "data" in value) return value;
  using nested = tensor(value as NestedNumbers, { dtype: "float64" });
  return { shape: nested.shape, data: nested.dataSync() };
}

/** Read a tensor on any device; waits for it. */
export async function download(t: Tensor): Promise<HostArray> {
  return { shape: t.shape, data: await t.data() };
}

/** Tell a tensor from other values by its form, so that one of another copy of the package is known too. */
export function isTensor(value: unknown): value is Tensor {
  return typeof value === "object" && value !== null && "storage" in value && "strides" in value;
}
