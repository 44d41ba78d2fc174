/** Creation of tensors from values, and movement between devices. */

import { type Placement, placed } from "./ambient.ts";
import type { Device } from "./backend.ts";
import { type Dtype, dtypeOf, isTypedArray, type TypedArray, typedArray } from "./dtype.ts";
import { ShapeError, UsageError } from "./errors.ts";
import { empty } from "./op.ts";
import type { Rng } from "./rng.ts";
import { checkShape, type Shape, sameShape, sizeOf } from "./shape.ts";
import type { Tensor } from "./tensor.ts";

/** Numbers, nested to any depth. */
export type NestedNumbers = number | readonly NestedNumbers[];

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
 * @example
 * tensor([[1, 2], [3, 4]]);                            // [2, 2] float32
 * tensor(new Int32Array([0, 2]), { shape: [2, 1] });   // [2, 1] int32
 */
export function tensor(values: NestedNumbers | TypedArray, options: TensorOptions = {}): Tensor {
  const { device, dtype } = placed(isTypedArray(values) ? { dtype: dtypeOf(values), ...options } : options);
  let flat: TypedArray;
  let shape: Shape;
  if (isTypedArray(values)) {
    shape = options.shape ?? [values.length];
    flat = values;
  } else {
    const nested = shapeOf(values);
    const list = flatten(values);
    if (list.length !== sizeOf(nested)) {
      throw new ShapeError({
        where: "tensor",
        problem: "nested arrays are ragged",
        expected: `${sizeOf(nested)} numbers for [${nested.join(", ")}]`,
        got: list.length,
      });
    }
    shape = options.shape ?? nested;
    flat = typedArray(dtype, list.length);
    flat.set(list);
  }
  checkShape("tensor", shape);
  if (sizeOf(shape) !== flat.length) {
    throw new ShapeError({
      where: "tensor",
      problem: `shape [${shape.join(", ")}] does not hold the values`,
      expected: sizeOf(shape),
      got: flat.length,
    });
  }
  return upload(flat, shape, device, dtype);
}

/** A tensor with every element equal to `value`. */
export function full(shape: Shape, value: number, placement: Placement = {}): Tensor {
  checkShape("full", shape);
  const { device, dtype } = placed(placement);
  return upload(typedArray(dtype, sizeOf(shape)).fill(value), shape, device, dtype);
}

export function zeros(shape: Shape, placement: Placement = {}): Tensor {
  return full(shape, 0, placement);
}

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
 * @throws {ShapeError} another number of values, or a target that is a part of a buffer
 */
export function write(target: Tensor, values: TypedArray): void {
  target.assertLive("write");
  if (values.length !== target.size || target.storage.length !== target.size) {
    throw new ShapeError({
      where: "write",
      problem: "values do not fill the target's buffer",
      expected: target.storage.length,
      got: values.length,
    });
  }
  if (dtypeOf(values) !== target.dtype) {
    throw new UsageError({
      where: "write",
      problem: "values have another dtype",
      expected: target.dtype,
      got: dtypeOf(values),
    });
  }
  target.device.backend.write(target.storage.handle, values);
  target.storage.version += 1;
}

function upload(values: TypedArray, shape: Shape, device: Device, dtype: Dtype): Tensor {
  const t = empty(device, shape, dtype);
  if (dtypeOf(values) === dtype) device.backend.write(t.storage.handle, values);
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

function shapeOf(values: NestedNumbers): number[] {
  const shape: number[] = [];
  for (let level = values; Array.isArray(level); level = level[0] as NestedNumbers) {
    shape.push(level.length);
    if (level.length === 0) break;
    if (
      !level.every(
        (item) =>
          Array.isArray(item) === Array.isArray(level[0]) &&
          (!Array.isArray(item) || item.length === (level[0] as unknown[]).length),
      )
    ) {
      throw new ShapeError({ where: "tensor", problem: `nested arrays are ragged at depth ${shape.length}` });
    }
  }
  return shape;
}

/** Whether two tensors have the same shape; for callers that check operands of a formula. */
export function shapesEqual(a: Tensor, b: Tensor): boolean {
  return sameShape(a.shape, b.shape);
}
