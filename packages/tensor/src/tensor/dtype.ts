/** Element types and the rule that joins them. */

import { DtypeError } from "../errors.ts";

/** Element types of tensors. */
export type Dtype = "float32" | "float64" | "int32";
/** Host memory of the element types. */
export type TypedArray = Float32Array | Float64Array | Int32Array;

const constructors = { float32: Float32Array, float64: Float64Array, int32: Int32Array } as const;

/** Size of an element. */
export const bytesPerElement: Readonly<Record<Dtype, number>> = { float32: 4, float64: 8, int32: 4 };

/** Make a zero-filled typed array of a dtype. */
export function typedArray(dtype: Dtype, length: number): TypedArray {
  return new constructors[dtype](length);
}

/** The dtype of a typed array. */
export function dtypeOf(array: TypedArray): Dtype {
  if (array instanceof Float32Array) return "float32";
  return array instanceof Float64Array ? "float64" : "int32";
}

/** Whether a value is one of the three typed arrays that tensors hold. */
export function isTypedArray(value: unknown): value is TypedArray {
  return value instanceof Float32Array || value instanceof Float64Array || value instanceof Int32Array;
}

/** The dtype of a result that is not a whole number: int32 gives float32. */
export function asFloat(dtype: Dtype): Dtype {
  return dtype === "int32" ? "float32" : dtype;
}

/** Whether elements have fractions. */
export function isFloat(dtype: Dtype): boolean {
  return dtype !== "int32";
}

/**
 * Give the dtype in which an op on several inputs computes.
 *
 * Integers join floats, but the two float types never mix silently, because a stray float64 would halve the speed of
 * everything after it.
 *
 * @throws {DtypeError} float32 meets float64
 */
export function promote(where: string, inputs: readonly { readonly dtype: Dtype }[]): Dtype {
  const dtypes = inputs.map(({ dtype }) => dtype);
  const has32 = dtypes.includes("float32");
  const has64 = dtypes.includes("float64");
  if (has32 && has64) {
    throw new DtypeError({
      where,
      problem: "float32 and float64 do not mix",
      got: dtypes,
      help: "Convert one side with cast(x, dtype).",
    });
  }
  if (has64) return "float64";
  return has32 ? "float32" : "int32";
}
