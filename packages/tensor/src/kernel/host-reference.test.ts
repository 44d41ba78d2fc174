import { describe, expect, it } from "vitest";
import { NumericalError } from "../errors.ts";
import type { HostOperand } from "../layout/operand.ts";
import { HostFaults, runOnHost } from "./host-reference.ts";

const operand = (data: HostOperand["data"], dtype: HostOperand["dtype"] = "float32"): HostOperand => ({
  shape: [data.length],
  strides: [1],
  offset: 0,
  dtype,
  data,
});
const failing = (error: unknown) => () => {
  throw error;
};

describe("runOnHost", () => {
  it("leaves NaN in float outputs of a failed call, and integers as they are", () => {
    const [floats, places] = [operand(new Float32Array(2)), operand(Int32Array.of(7), "int32")];
    const error = new NumericalError({ where: "here", problem: "a pivot" });
    const faults = new HostFaults();
    expect(runOnHost(failing(error), [floats, places], [], faults)).toBe(error);
    expect([[...floats.data], [...places.data]]).toEqual([[Number.NaN, Number.NaN], [7]]);
    expect(faults.take()).toBeUndefined();
  });

  it("keeps the first of other errors for the next read, once", () => {
    const faults = new HostFaults();
    const [first, second] = [new Error("first"), new Error("second")];
    expect(runOnHost(failing(first), [], [], faults)).toBeUndefined();
    runOnHost(failing(second), [], [], faults);
    expect([faults.take(), faults.take()]).toEqual([first, undefined]);
  });

  it("hands over outputs and inputs, and gives nothing back where all went well", () => {
    const [to, from] = [operand(new Float32Array(1)), operand(Float32Array.of(3))];
    const copied = runOnHost(([y], [x]) => y!.data.set(x!.data), [to], [from], new HostFaults());
    expect([copied, to.data[0]]).toEqual([undefined, 3]);
  });
});
