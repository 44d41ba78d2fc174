import type { Kernel, Operand } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import type { Call, Kit } from "../kit.ts";
import { eigenKernels } from "./eigen.ts";

/** A kit that only remembers what it was told to run. */
function recording(): { readonly kit: Kit; readonly calls: Call[] } {
  const calls: Call[] = [];
  const temporary: Kit["temporary"] = (dtype, shape, body) =>
    body({ handle: {}, dtype, shape, strides: [shape[1] as number, 1], offset: 0 });
  return { kit: { run: (call) => void calls.push(call), clear() {}, copy() {}, temporary }, calls };
}

const square = (n: number, dtype: Operand["dtype"] = "float32"): Operand => ({
  handle: {},
  dtype,
  shape: [n, n],
  strides: [n, 1],
  offset: 0,
});

describe("the kernel of symmetricEigen", () => {
  const answer = (n: number, dtype?: Operand["dtype"]) => {
    const { kit, calls } = recording();
    const kernel = eigenKernels(kit).symmetricEigen as Kernel;
    const taken = kernel([square(n), square(n)], [square(n, dtype)], { largest: n }, { name: "symmetricEigen" });
    return [taken, calls.length];
  };

  it("is one program of one workgroup up to 256 rows, and leaves more to the reference", () => {
    expect(answer(256)).toEqual([true, 1]);
    expect(answer(257)).toEqual([false, 0]);
  });

  it("does nothing for an empty matrix, and declines float64", () => {
    expect(answer(0)).toEqual([true, 0]);
    expect(answer(3, "float64")).toEqual([false, 0]);
  });
});
