import { dispatch, maxPool2dOp, maxPoolGrad, type Operand, Rng, type Tensor, tensor } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import type { Call } from "../kit.ts";
import { poolingKernels } from "./pooling.ts";

/** What the kernel's text gives for every pixel, run as the JavaScript that it is, and how many indices it looks at for one. */
function run(dx: Operand, grad: Tensor, indices: Tensor, params: object): { values: number[]; most: number } {
  let call: Call | undefined;
  const kernels = poolingKernels({ run: (made) => { call = made; }, temporary() {} }); // biome-ignore format: one line
  const operand = ({ shape, strides, offset, dtype }: Tensor): Operand => ({
    shape,
    strides,
    offset,
    dtype,
    handle: 0,
  });
  kernels.maxPoolGrad!([dx], [operand(grad), operand(indices)], params, maxPool2dOp);
  let looks = 0;
  const places = new Proxy(indices.dataSync(), {
    get(values, key) {
      looks += 1;
      return Reflect.get(values, key);
    },
  });
  const names = ["i", "x0", "at0", "x1", "at1", "quotient", "remainder", "whole", "notANumber"];
  const program = new Function(...names, (call as Call).text(0));
  const quotient = (i: number, n: number) => Math.trunc(i / n);
  const size = dx.shape.reduce((a, b) => a * b);
  let most = 0;
  const values = Array.from({ length: size }, (_, i) => {
    looks = 0;
    const functions = [quotient, (a: number, n: number) => a % n, Math.trunc, () => Number.NaN];
    const value: number = program(i, grad.dataSync(), 0, places, 0, ...functions);
    most = Math.max(most, looks);
    return value;
  });
  return { values, most };
}

describe("the kernel of max pooling's gradient", () => {
  const cases = [
    { kernel: [2, 2], stride: [2, 2], padding: [0, 0] },
    { kernel: [3, 3], stride: [2, 1], padding: [1, 2] },
    { kernel: [1, 2], stride: [3, 3], padding: [0, 1] },
    { kernel: [4, 3], stride: [3, 2], padding: [2, 0] },
  ] as const;

  it.each(cases)("asks no window but those that see a pixel: %o", (window) => {
    const rng = new Rng(1);
    const size = [7, 9] as const;
    const shape = [2, 2, ...size];
    const x = tensor(Float64Array.from({ length: 4 * 63 }, () => rng.uniform()), { shape, dtype: "float32" }); // biome-ignore format: values
    const [y, indices] = dispatch(maxPool2dOp, [x], window) as [Tensor, Tensor];
    const grad = tensor(Float32Array.from({ length: y.dataSync().length }, () => 1 + rng.integer(9)), { shape: y.shape }); // biome-ignore format: values
    const expected = [...maxPoolGrad(grad, indices, size).dataSync()];
    const dx: Operand = { shape, strides: [], offset: 0, dtype: "float32", handle: 0 };
    const near = run(dx, grad, indices, { size, window });
    expect(near.values).toEqual(expected);
    const seen = window.kernel.map((k, axis) => Math.ceil(k / window.stride[axis]!));
    expect(near.most).toBeLessThanOrEqual(seen[0]! * seen[1]!);
    expect(run(dx, grad, indices, { size }).values).toEqual(expected); // windows that are not known
  });
});
