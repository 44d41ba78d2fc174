/** Every kernel against the reference loops of its op: all layouts, dtypes and sizes. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { HostOperand, Operand } from "../backend.ts";
import type { Conv2dParams } from "../convolution.ts";
import { type Dtype, typedArray } from "../dtype.ts";
import type { ComputeOp } from "../op.ts";
import { conv2dInputGradOp, conv2dOp, conv2dWeightGradOp } from "../ops/conv2d.ts";
import { im2colOp } from "../ops/im2col.ts";
import { linearOp } from "../ops/linear.ts";
import { matmulOp } from "../ops/matmul.ts";
import { Rng } from "../rng.ts";
import { type Shape, sizeOf, stridesOf } from "../shape.ts";
import { outputSize, type Pair } from "../window.ts";
import { cpuKernels } from "./cpu-kernels.ts";

/** Kernels add in the order of the reference and in float64, so they agree in every bit … */
const exact = 0;
/** … but for conv2dInputGrad, which rounds to float32 after each of at most 9 taps: 9 · 2⁻²⁴ relative to sums of terms ≤ 36. */
const perTapRounding = 1e-5 * 36;

/** Values in a random layout: axes in any order, gaps between elements, flipped and broadcast axes, an offset. */
function randomOperand(rng: Rng, shape: Shape, dtype: Dtype): HostOperand {
  const strides = new Array<number>(shape.length).fill(0);
  let [span, lowest] = [1 + rng.integer(2), 0];
  for (const axis of rng.permutation(shape.length)) {
    if (rng.integer(6) === 0) continue; // broadcast
    const step = span * (1 + rng.integer(2));
    strides[axis] = rng.integer(6) === 0 ? -step : step;
    if (strides[axis]! < 0) lowest -= step * Math.max(shape[axis]! - 1, 0);
    span = step * Math.max(shape[axis]!, 1);
  }
  const offset = rng.integer(3) - lowest;
  const data = typedArray(dtype, span + 3).map(() => (dtype === "int32" ? rng.integer(9) - 4 : rng.uniform() * 4 - 2));
  return { shape, strides, offset, data, dtype };
}

/** The largest difference between kernel and reference; outputs start as garbage that must be overwritten. */
function disagreement<P>(op: ComputeOp<P>, inputs: readonly HostOperand[], params: P): number {
  const [spec] = op.shape(inputs, params);
  const make = (): HostOperand => {
    const data = typedArray(spec!.dtype, sizeOf(spec!.shape) + 1).fill(99);
    return { ...spec!, strides: stridesOf(spec!.shape), offset: 1, data };
  };
  const [actual, expected] = [make(), make()];
  const asOperand = ({ data, ...layout }: HostOperand): Operand => ({ ...layout, handle: data });
  cpuKernels.get(op.name)!([asOperand(actual)], inputs.map(asOperand), params, op);
  op.reference([expected], inputs, params);
  const differences = Array.from(actual.data, (value, i) => Math.abs(value - expected.data[i]!));
  return differences.reduce((worst, difference) => Math.max(worst, difference), 0);
}

const small = fc.integer({ min: 0, max: 6 });
const ragged = fc.oneof({ weight: 5, arbitrary: small }, fc.constantFrom(1, 130, 260));
const dtype = fc.constantFrom<Dtype>("float32", "float64", "int32");
const seed = fc.nat();

describe("matmul's kernel", () => {
  it("equals the reference over shapes, batches, layouts and dtypes", () => {
    const lead = fc.array(fc.tuple(fc.constantFrom(0, 1, 2, 3), fc.boolean(), fc.boolean()), { maxLength: 2 });
    fc.assert(
      fc.property(lead, ragged, ragged, small, dtype, seed, (axes, m, n, depth, kind, s) => {
        const rng = new Rng(s);
        const leadA = axes.map(([size, stretched]) => (stretched ? 1 : size));
        const leadB = axes.map(([size, , stretched]) => (stretched ? 1 : size)).slice(rng.integer(axes.length + 1));
        const a = randomOperand(rng, [...leadA, m, depth], kind);
        const b = randomOperand(rng, [...leadB, depth, n], kind);
        expect(disagreement(matmulOp, [a, b], {})).toBe(exact);
      }),
    );
  });

  it("joins integers and floats as the reference does", () => {
    const rng = new Rng(3);
    const a = randomOperand(rng, [5, 7], "int32");
    const b = randomOperand(rng, [7, 6], "float32");
    expect(disagreement(matmulOp, [a, b], {})).toBe(exact);
  });
});

describe("linear's kernel", () => {
  it("equals the reference over leading axes, layouts and dtypes, with and without bias", () => {
    fc.assert(
      fc.property(
        fc.array(small, { maxLength: 2 }),
        ragged,
        ragged,
        fc.boolean(),
        dtype,
        seed,
        (lead, features, outputs, hasBias, kind, s) => {
          const rng = new Rng(s);
          const x = randomOperand(rng, [...lead, features], kind);
          const weight = randomOperand(rng, [outputs, features], kind);
          const bias = hasBias ? [randomOperand(rng, [outputs], kind)] : [];
          expect(disagreement(linearOp, [x, weight, ...bias], {})).toBe(exact);
        },
      ),
    );
  });
});

const pairs = (least: number, most: number) =>
  fc.tuple(fc.integer({ min: least, max: most }), fc.integer({ min: least, max: most }));

const convolution = fc
  .record({
    n: fc.integer({ min: 0, max: 3 }),
    groups: fc.integer({ min: 1, max: 3 }),
    perGroup: fc.integer({ min: 1, max: 3 }),
    outputsPerGroup: fc.integer({ min: 1, max: 5 }),
    size: pairs(1, 9),
    kernel: pairs(1, 3),
    stride: pairs(1, 4),
    padding: pairs(0, 3),
    dilation: pairs(1, 3),
    hasBias: fc.boolean(),
    kind: fc.constantFrom<Dtype>("float32", "float64"),
    seed,
  })
  .filter(({ size, kernel, padding, dilation }) =>
    [0, 1].every((axis) => size[axis]! + 2 * padding[axis]! > (kernel[axis]! - 1) * dilation[axis]!),
  );

type Drawn = typeof convolution extends fc.Arbitrary<infer T> ? T : never;

function convolutionCase(drawn: Drawn) {
  const { n, groups, perGroup, outputsPerGroup, size, kernel, stride, padding, dilation } = drawn;
  const rng = new Rng(drawn.seed);
  const params: Conv2dParams = { stride, padding, dilation, groups };
  const outputs = groups * outputsPerGroup;
  const places = outputSize("conv2d", size, { ...params, kernel });
  const operand = (...shape: number[]) => randomOperand(rng, shape, drawn.kind);
  return {
    params,
    size: size as Pair,
    kernel: kernel as Pair,
    x: operand(n, groups * perGroup, ...size),
    weight: operand(outputs, perGroup, ...kernel),
    grad: operand(n, outputs, ...places),
    bias: drawn.hasBias ? [operand(outputs)] : [],
  };
}

describe("the convolutions' kernels", () => {
  it("conv2d equals the reference", () => {
    fc.assert(
      fc.property(convolution, (drawn) => {
        const { x, weight, bias, params } = convolutionCase(drawn);
        expect(disagreement(conv2dOp, [x, weight, ...bias], params)).toBe(exact);
      }),
    );
  });

  it("conv2dInputGrad equals the reference", () => {
    fc.assert(
      fc.property(convolution, (drawn) => {
        const { grad, weight, size, params } = convolutionCase(drawn);
        const tolerance = drawn.kind === "float64" ? exact : perTapRounding;
        expect(disagreement(conv2dInputGradOp, [grad, weight], { ...params, size })).toBeLessThanOrEqual(tolerance);
      }),
    );
  });

  it("conv2dWeightGrad equals the reference", () => {
    fc.assert(
      fc.property(convolution, (drawn) => {
        const { x, grad, kernel, params } = convolutionCase(drawn);
        expect(disagreement(conv2dWeightGradOp, [x, grad], { ...params, kernel })).toBe(exact);
      }),
    );
  });

  it("im2col equals the reference", () => {
    fc.assert(
      fc.property(convolution, (drawn) => {
        const { x, kernel, params } = convolutionCase(drawn);
        const { stride, padding, dilation } = params;
        expect(disagreement(im2colOp, [x], { kernel, stride, padding, dilation })).toBe(exact);
      }),
    );
  });
});

describe("syrk's kernel", () => {
  it("equals X Xᵀ by the matmul reference, for any layout of X", () => {
    fc.assert(
      fc.property(ragged, small, fc.constantFrom<Dtype>("float32", "float64"), seed, (n, depth, kind, s) => {
        const x = randomOperand(new Rng(s), [n, depth], kind);
        const transpose = { ...x, shape: [depth, n], strides: [x.strides[1]!, x.strides[0]!] };
        const make = (): HostOperand => ({
          shape: [n, n],
          strides: [n, 1],
          offset: 0,
          dtype: kind,
          data: typedArray(kind, n * n),
        });
        const [actual, expected] = [make(), make()];
        cpuKernels.get("syrk")!([{ ...actual, handle: actual.data }], [{ ...x, handle: x.data }], {}, { name: "syrk" });
        matmulOp.reference([expected], [x, transpose], {});
        expect(actual.data).toEqual(expected.data);
      }),
    );
  });
});
