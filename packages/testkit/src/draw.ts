/**
 * Random inputs for an op's samples, in random layouts: contiguous, transposed, a slice of something larger, read backward,
 * or stretched with stride 0.
 *
 * The buffer around a view is filled with NaN (for integers with the largest one), so that a loop which ignores strides or
 * reads past its input is seen in the result.
 */

import {
  type Device,
  type Dtype,
  type InputSample,
  type Layout,
  permutation,
  type Rng,
  type Sample,
  type Shape,
  sizeOf,
  stridesOf,
  Tensor,
  type TypedArray,
  tensor,
  typedArray,
} from "@kronograd/tensor";

/** Dtype, place and layouts of drawn inputs. */
export interface DrawOptions {
  /** Of the inputs that are not int32. */
  readonly dtype: "float32" | "float64";
  readonly device?: Device;
  /** Default "random". */
  readonly layouts?: "random" | "contiguous";
}

/** One input before it is put on a device: its values row-major, and how they shall lie. */
export interface Drawn {
  readonly shape: Shape;
  readonly dtype: Dtype;
  readonly values: TypedArray;
  readonly layout: Layout;
}

/** Draw values and layouts for all inputs of a sample. */
export function draw(
  sample: Sample<unknown>,
  rng: Rng,
  { dtype, layouts = "random" }: Pick<DrawOptions, "dtype" | "layouts">,
): Drawn[] {
  const apart = distinctValues(sample.inputs, rng);
  return sample.inputs.map((input) => {
    const own = input.dtype ?? dtype;
    const layout =
      layouts === "contiguous" || input.contiguous === true ? plainLayout(input.shape) : drawLayout(input, rng);
    const values = typedArray(own, sizeOf(input.shape));
    fill(values, input, rng, apart);
    if (layout.strides.includes(0)) repeat(values, layout);
    return { shape: input.shape, dtype: own, values, layout };
  });
}

/** Draw the inputs of a sample as tensors. */
export function drawInputs(sample: Sample<unknown>, rng: Rng, options: DrawOptions): Tensor[] {
  return draw(sample, rng, options).map((drawn) => place(drawn, options.device));
}

/** Put a drawn input on a device in its layout. */
export function place({ values, layout, dtype }: Drawn, device?: Device): Tensor {
  using buffer = tensor(embed(values, layout, dtype), device === undefined ? {} : { device });
  return new Tensor(buffer.storage, layout);
}

/** The buffer that a layout reads its values from. */
export function embed(values: TypedArray, layout: Layout, dtype: Dtype): TypedArray {
  const places = positions(layout);
  const buffer = typedArray(dtype, places.reduce((a, b) => Math.max(a, b), layout.offset) + 2);
  buffer.fill(dtype === "int32" ? 2 ** 31 - 128 : Number.NaN); // the largest that float32 holds exactly
  places.forEach((place, i) => {
    buffer[place] = values[i]!;
  });
  return buffer;
}

/** Where each element lies, in row-major order. */
function positions({ shape, strides, offset }: Layout): number[] {
  let result = [offset];
  shape.forEach((n, axis) => {
    result = result.flatMap((start) => Array.from({ length: n }, (_, i) => start + i * strides[axis]!));
  });
  return result;
}

/** Row-major from the start of the buffer. */
export function plainLayout(shape: Shape): Layout {
  return { shape, strides: stridesOf(shape), offset: 0 };
}

function drawLayout(input: InputSample, rng: Rng): Layout {
  const layout = randomLayout(input.shape, rng);
  return input.distinct === true || input.structure !== undefined ? layout : stretched(layout, rng);
}

/** Any order of axes in memory, gaps, directions, and something before the first element. */
function randomLayout(shape: Shape, rng: Rng): Layout {
  if (rng.integer(4) === 0) return plainLayout(shape);
  const strides = shape.map(() => 0);
  let step = 1 + rng.integer(2);
  let offset = rng.integer(4);
  for (const axis of permutation(rng, shape.length)) {
    const stride = step * (1 + rng.integer(2));
    const backward = rng.integer(3) === 0;
    strides[axis] = backward ? -stride : stride;
    if (backward) offset += stride * Math.max(0, shape[axis]! - 1);
    step = stride * Math.max(1, shape[axis]!);
  }
  return { shape, strides, offset };
}

/** Sometimes one axis gets stride 0; it then counts from its first element. */
function stretched(layout: Layout, rng: Rng): Layout {
  const { shape, strides, offset } = layout;
  if (shape.length === 0 || rng.integer(4) !== 0) return layout;
  const axis = rng.integer(shape.length);
  const first = strides[axis]! < 0 ? offset + strides[axis]! * Math.max(0, shape[axis]! - 1) : offset;
  return { shape, strides: strides.map((stride, i) => (i === axis ? 0 : stride)), offset: first };
}

/** Make values agree with a layout that reads some of them several times. */
function repeat(values: TypedArray, layout: Layout): void {
  const seen = new Map<number, number>();
  positions(layout).forEach((place, i) => {
    const known = seen.get(place);
    if (known === undefined) seen.set(place, values[i]!);
    else values[i] = known;
  });
}

function fill(values: TypedArray, input: InputSample, rng: Rng, apart: () => number): void {
  const [low, high] = input.range ?? (input.dtype === "int32" ? [0, 2] : [-2, 2]);
  for (let i = 0; i < values.length; i++) {
    if (input.dtype === "int32") values[i] = low + rng.integer(high - low);
    // Rounded to float32, so that both float types see the same input.
    else values[i] = Math.fround(input.distinct === true ? apart() : low + (high - low) * rng.uniform());
  }
  if (input.structure !== undefined) impose(values, input.structure, input.shape);
}

/**
 * Values for inputs that must not tie: a shuffled grid with spacing 0.05, shared by all such inputs of the sample. Zero, where
 * many kinks lie, is half a step away from the nearest.
 */
function distinctValues(inputs: readonly InputSample[], rng: Rng): () => number {
  const wanted = inputs.filter((input) => input.distinct === true);
  const count = wanted.reduce((total, { shape }) => total + sizeOf(shape), 0);
  if (count === 0) return () => 0;
  const low = Math.max(...wanted.map(({ range }) => range?.[0] ?? -2));
  const high = Math.min(...wanted.map(({ range }) => range?.[1] ?? 2));
  const spacing = 0.05;
  const places = Math.max(count, Math.floor((high - low) / spacing));
  const start =
    low >= 0 ? low + spacing / 2 : Math.round((low + high - places * spacing) / 2 / spacing) * spacing + spacing / 2;
  const order = permutation(rng, places);
  let next = 0;
  return () => start + order[next++]! * spacing;
}

/** Give each matrix of the last two axes its structure. */
function impose(values: TypedArray, structure: "spd" | "dominant", shape: Shape): void {
  const n = shape[shape.length - 1]!;
  for (let start = 0; start < values.length; start += n * n) {
    for (let i = 0; i < n; i++) {
      if (structure === "spd") for (let j = 0; j < i; j++) values[start + j * n + i] = values[start + i * n + j]!;
      let sum = 0;
      for (let j = 0; j < n; j++)
        if (j !== i) sum += Math.abs(values[start + (j < i || structure === "dominant" ? i * n + j : j * n + i)]!);
      const own = values[start + i * n + i]!;
      values[start + i * n + i] = Math.fround(
        (structure === "dominant" && own < 0 ? -1 : 1) * (Math.abs(own) + sum + 0.5),
      );
    }
  }
}
