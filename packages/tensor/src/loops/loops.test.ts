/** Loops against the definitions of their ops: all layouts, dtypes and sizes. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as naive from "../../testing/naive.ts";
import type { HostOperand } from "../layout/operand.ts";
import { outputSize, type Pair } from "../layout/window.ts";
import type { ComputeOp, Reference } from "../op/op.ts";
import { conv2dInputGradOp, conv2dOp, conv2dWeightGradOp } from "../ops/conv2d.ts";
import { col2imOp, im2colOp } from "../ops/im2col.ts";
import { linearOp } from "../ops/linear.ts";
import { matmulOp } from "../ops/matmul.ts";
import type { Conv2dParams } from "../ops/parts/convolution.ts";
import { patchSumOp } from "../ops/patch-sum.ts";
import { sumOp } from "../ops/sum-broadcast.ts";
import { type Dtype, typedArray } from "../tensor/dtype.ts";
import { permutation, Rng } from "../tensor/rng.ts";
import { type Shape, sizeOf, stridesOf } from "../tensor/shape.ts";
import { syrkLoops } from "./products.ts";

/** Loops add in the order of the definition and in float64, so they agree in every bit … */
const exact = 0;
/** … but for conv2dInputGrad, which rounds to float32 after each of at most 9 taps: 9 · 2⁻²⁴ relative to sums of terms ≤ 36. */
const perTapRounding = 1e-5 * 36;

/** Values in a random layout: axes in any order, gaps between elements, flipped and broadcast axes, an offset. */
function randomOperand(rng: Rng, shape: Shape, dtype: Dtype): HostOperand {
  const strides = new Array<number>(shape.length).fill(0);
  let [span, lowest] = [1 + rng.integer(2), 0];
  for (const axis of permutation(rng, shape.length)) {
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

/** The largest difference between loops and definition; outputs start as garbage that must be overwritten. */
function disagreement<P>(
  op: ComputeOp<P>,
  definition: Reference<P>,
  inputs: readonly HostOperand[],
  params: P,
): number {
  const [spec] = op.shape(inputs, params);
  const make = (): HostOperand => {
    const data = typedArray(spec!.dtype, sizeOf(spec!.shape) + 1).fill(99);
    return { ...spec!, strides: stridesOf(spec!.shape), offset: 1, data };
  };
  const [actual, expected] = [make(), make()];
  op.reference([actual], inputs, params);
  definition([expected], inputs, params);
  const differences = Array.from(actual.data, (value, i) => Math.abs(value - expected.data[i]!));
  return differences.reduce((worst, difference) => Math.max(worst, difference), 0);
}

const small = fc.integer({ min: 0, max: 6 });
const ragged = fc.oneof({ weight: 5, arbitrary: small }, fc.constantFrom(1, 130, 260));
const dtype = fc.constantFrom<Dtype>("float32", "float64", "int32");
const seed = fc.nat();

describe("matmul", () => {
  it("equals its definition over shapes, batches, layouts and dtypes", () => {
    const lead = fc.array(fc.tuple(fc.constantFrom(0, 1, 2, 3), fc.boolean(), fc.boolean()), { maxLength: 2 });
    fc.assert(
      fc.property(lead, ragged, ragged, small, dtype, seed, (axes, m, n, depth, kind, s) => {
        const rng = new Rng(s);
        const leadA = axes.map(([size, stretched]) => (stretched ? 1 : size));
        const leadB = axes.map(([size, , stretched]) => (stretched ? 1 : size)).slice(rng.integer(axes.length + 1));
        const a = randomOperand(rng, [...leadA, m, depth], kind);
        const b = randomOperand(rng, [...leadB, depth, n], kind);
        expect(disagreement(matmulOp, naive.matmul, [a, b], {})).toBe(exact);
      }),
    );
  });

  it("joins integers and floats as the definition does", () => {
    const rng = new Rng(3);
    const a = randomOperand(rng, [5, 7], "int32");
    const b = randomOperand(rng, [7, 6], "float32");
    expect(disagreement(matmulOp, naive.matmul, [a, b], {})).toBe(exact);
  });
});

describe("linear", () => {
  it("equals its definition over leading axes, layouts and dtypes, with and without bias", () => {
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
          expect(disagreement(linearOp, naive.linear, [x, weight, ...bias], {})).toBe(exact);
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

describe("convolutions", () => {
  it("conv2d equals its definition", () => {
    fc.assert(
      fc.property(convolution, (drawn) => {
        const { x, weight, bias, params } = convolutionCase(drawn);
        expect(disagreement(conv2dOp, naive.conv2d, [x, weight, ...bias], params)).toBe(exact);
      }),
    );
  });

  it("conv2dInputGrad equals its definition", () => {
    fc.assert(
      fc.property(convolution, (drawn) => {
        const { grad, weight, size, params } = convolutionCase(drawn);
        const tolerance = drawn.kind === "float64" ? exact : perTapRounding;
        expect(
          disagreement(conv2dInputGradOp, naive.conv2dInputGrad, [grad, weight], { ...params, size }),
        ).toBeLessThanOrEqual(tolerance);
      }),
    );
  });

  it("conv2dWeightGrad equals its definition", () => {
    fc.assert(
      fc.property(convolution, (drawn) => {
        const { x, grad, kernel, params } = convolutionCase(drawn);
        expect(disagreement(conv2dWeightGradOp, naive.conv2dWeightGrad, [x, grad], { ...params, kernel })).toBe(exact);
      }),
    );
  });

  it("im2col equals its definition", () => {
    fc.assert(
      fc.property(convolution, (drawn) => {
        const { x, kernel, params } = convolutionCase(drawn);
        const { stride, padding, dilation } = params;
        expect(disagreement(im2colOp, naive.im2col, [x], { kernel, stride, padding, dilation })).toBe(exact);
      }),
    );
  });

  it("col2im equals its definition", () => {
    fc.assert(
      fc.property(convolution, (drawn) => {
        const { x, kernel, size, grad, params } = convolutionCase(drawn);
        const { stride, padding, dilation } = params;
        const [n, channels] = x.shape as [number, number];
        const shape = [n, channels * kernel[0] * kernel[1], grad.shape[2]! * grad.shape[3]!];
        const columns = randomOperand(new Rng(drawn.seed), shape, drawn.kind);
        const window = { kernel: kernel as Pair, stride, padding, dilation, size };
        expect(disagreement(col2imOp, naive.col2im, [columns], window)).toBe(exact);
      }),
    );
  });

  it("patchSum equals its definition", () => {
    fc.assert(
      fc.property(convolution, (drawn) => {
        const { x, kernel, params } = convolutionCase(drawn);
        const { stride, padding, dilation } = params;
        expect(disagreement(patchSumOp, naive.patchSum, [x], { kernel, stride, padding, dilation })).toBe(exact);
      }),
    );
  });
});

describe("syrkLoops", () => {
  it("equals X Xᵀ by the definition of matmul, for any layout of X", () => {
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
        syrkLoops([actual], [x], {});
        naive.matmul([expected], [x, transpose], {});
        expect(actual.data).toEqual(expected.data);
      }),
    );
  });
});

describe("sum", () => {
  const sumCase = (s: number, shape: readonly number[], axes: readonly number[], kind: Dtype) =>
    disagreement(sumOp, naive.sum, [randomOperand(new Rng(s), shape, kind)], { axes, keep: false });

  it("equals its definition over any axes, layouts and dtypes", () => {
    const sizes = fc.array(fc.tuple(fc.integer({ min: 0, max: 4 }), fc.boolean()), { maxLength: 4 });
    fc.assert(
      fc.property(sizes, dtype, seed, (drawn, kind, s) => {
        const axes = drawn.flatMap(([, isSummed], axis) => (isSummed ? [axis] : []));
        expect(
          sumCase(
            s,
            drawn.map(([n]) => n),
            axes,
            kind,
          ),
        ).toBe(exact);
      }),
    );
  });

  it("equals its definition across chunks", () => {
    for (const [shape, axes] of [
      [[3000], [0]],
      [[7, 2500], [0]],
      [[2500, 3], [0]],
      [[3, 1100, 2], [1]],
      [
        [2, 1100, 2],
        [0, 2],
      ],
    ] as const) {
      for (let s = 0; s < 4; s++) expect(sumCase(s, shape, axes, "float32")).toBe(exact);
    }
  });
});
