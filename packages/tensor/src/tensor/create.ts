/** Creation of tensors from values, and movement between devices. */

import type { Device } from "../device.ts";
import { DtypeError, ShapeError, UsageError } from "../errors.ts";
import { empty } from "../op/dispatch.ts";
import { type Placement, placed } from "./defaults.ts";
import { type Dtype, dtypeOf, isTypedArray, type TypedArray, typedArray } from "./dtype.ts";
import type { Rng } from "./rng.ts";
import { checkShape, isContiguous, type Shape, sameShape, sizeOf } from "./shape.ts";
import type { Tensor } from "./tensor.ts";

/** Numbers, nested to any depth. */
export type NestedNumbers = number | readonly NestedNumbers[];

/** Where a tensor goes, and its shape. */
export interface TensorOptions extends Placement {
  /** Wanted for a flat typed array of more than one axis. */
  readonly shape?: Shape;
}

/**
 * Make a tensor from a number, nested arrays, or a typed array; values are copied.
 *
 * A typed array keeps its own dtype unless another is asked for; numbers take the ambient dtype (float32).
 *
 * @throws {ShapeError} ragged nesting, or a shape of another size
 * @throws {UsageError} a value that is not a whole number, for int32
 * @example
 * tensor([[1, 2], [3, 4]]);                            // [2, 2] float32
 * tensor(new Int32Array([0, 2]), { shape: [2, 1] });   // [2, 1] int32
 */
export function tensor(values: NestedNumbers | TypedArray, options: TensorOptions = {}): Tensor {
  const { device, dtype } = placed(isTypedArray(values) ? { dtype: dtypeOf(values), ...options } : options);
  const flat = isTypedArray(values) ? values : flatten(values);
  const shape = options.shape ?? (isTypedArray(values) ? [values.length] : shapeOf(values));
  checkHolds("tensor", shape, flat.length);
  if (dtype === "int32") assertAllWhole(flat);
  return upload(flat, shape, device, dtype);
}

/**
 * Make a tensor from a typed array, keeping its dtype; values are copied. `tensor` does it too, and nested arrays and
 * conversion besides; a small program that needs neither can leave them out.
 *
 * @throws {ShapeError} a shape of another size
 * @example
 * fromTypedArray(pixels, [count, 1, 28, 28]);
 */
export function fromTypedArray(
  values: TypedArray,
  shape: Shape = [values.length],
  placement: Pick<Placement, "device"> = {},
): Tensor {
  checkHolds("fromTypedArray", shape, values.length);
  const dtype = dtypeOf(values);
  return upload(values, shape, placed({ ...placement, dtype }).device, dtype);
}

function checkHolds(where: string, shape: Shape, count: number): void {
  checkShape(where, shape);
  if (sizeOf(shape) === count) return;
  throw new ShapeError({
    where,
    problem: `shape [${shape.join(", ")}] does not hold the values`,
    expected: sizeOf(shape),
    got: count,
  });
}

function assertAllWhole(values: ArrayLike<number>): void {
  for (let i = 0; i < values.length; i++) {
    if ((values[i]! | 0) === values[i]) continue;
    throw new UsageError({
      where: "tensor",
      problem: `value ${i} does not fit into int32`,
      got: values[i],
      help: "Round the values, or make a float tensor and cast it.",
      details: { position: i },
    });
  }
}

/** A tensor with every element equal to `value`. */
export function full(shape: Shape, value: number, placement: Placement = {}): Tensor {
  checkShape("full", shape);
  const { device, dtype } = placed(placement);
  return upload(typedArray(dtype, sizeOf(shape)).fill(value), shape, device, dtype);
}

/** A tensor of zeros. */
export function zeros(shape: Shape, placement: Placement = {}): Tensor {
  return full(shape, 0, placement);
}

/** A tensor of ones. */
export function ones(shape: Shape, placement: Placement = {}): Tensor {
  return full(shape, 1, placement);
}

/** The identity matrix [n, n]. */
export function eye(n: number, placement: Placement = {}): Tensor {
  checkShape("eye", [n, n]);
  const { device, dtype } = placed(placement);
  const values = typedArray(dtype, n * n);
  for (let i = 0; i < n; i++) values[i * n + i] = 1;
  return upload(values, [n, n], device, dtype);
}

/** Uniform numbers in [low, high). */
export function uniform(
  rng: Rng,
  shape: Shape,
  { low = 0, high = 1, ...placement }: Placement & { low?: number; high?: number } = {},
): Tensor {
  return generate(shape, placement, () => low + (high - low) * rng.uniform());
}

/** Normal numbers. */
export function normal(
  rng: Rng,
  shape: Shape,
  { mean = 0, deviation = 1, ...placement }: Placement & { mean?: number; deviation?: number } = {},
): Tensor {
  return generate(shape, placement, () => mean + deviation * rng.normal());
}

/** A tensor of one value for each position, made in row-major order. */
export function generate(shape: Shape, placement: Placement, value: (i: number) => number): Tensor {
  checkShape("generate", shape);
  const { device, dtype } = placed(placement);
  const values = typedArray(dtype, sizeOf(shape));
  for (let i = 0; i < values.length; i++) values[i] = value(i);
  return upload(values, shape, device, dtype);
}

/** A copy on another device; waits for the first. */
export async function to(t: Tensor, device: Device): Promise<Tensor> {
  return upload(await t.data(), t.shape, device, t.dtype);
}

/**
 * Overwrite a tensor's values from the host: loading a checkpoint, committing a buffer. Counts its version up.
 *
 * @throws {ShapeError} another number of values, or a target that is a part of a buffer or not row-major
 * @throws {DtypeError} values of another dtype
 */
export function write(target: Tensor, values: TypedArray): void {
  target.assertLive("write");
  if (values.length !== target.size || target.storage.length !== target.size || !isContiguous(target)) {
    throw new ShapeError({
      where: "write",
      problem: "values do not fill the target's buffer",
      expected: target.storage.length,
      got: values.length,
    });
  }
  if (dtypeOf(values) !== target.dtype) {
    throw new DtypeError({
      where: "write",
      problem: "values have another dtype",
      expected: target.dtype,
      got: dtypeOf(values),
    });
  }
  target.device.backend.write(target.storage.handle, values);
  target.storage.version += 1;
}

function upload(values: TypedArray | number[], shape: Shape, device: Device, dtype: Dtype): Tensor {
  const t = empty(device, shape, dtype);
  if (isTypedArray(values) && dtypeOf(values) === dtype) device.backend.write(t.storage.handle, values);
  else {
    const converted = typedArray(dtype, values.length);
    converted.set(values);
    device.backend.write(t.storage.handle, converted);
  }
  return t;
}

function flatten(values: NestedNumbers): number[] {
  return typeof values === "number" ? [values] : values.flatMap(flatten);
}

/** @throws {ShapeError} items of one list have different shapes */
function shapeOf(values: NestedNumbers): number[] {
  if (typeof values === "number") return [];
  if (values.every((item) => typeof item === "number")) return [values.length];
  const [first, ...others] = values.map(shapeOf) as [number[], ...number[][]];
  const other = others.find((shape) => !sameShape(shape, first));
  if (other === undefined) return [values.length, ...first];
  throw new ShapeError({ where: "tensor", problem: "nested arrays are ragged", expected: first, got: other });
}
