import { cholesky, solveTriangular } from "@kronograd/linalg";
import {
  cpu,
  createDevice,
  type Device,
  gather,
  maxPoolGather,
  maxPoolGrad,
  ones,
  scatterAdd,
  scope,
  softmaxCrossEntropy,
  tensor,
  zeros,
} from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import "./index.ts";

const index = (value: number, shape: readonly number[], device: Device) =>
  tensor(Int32Array.of(value), { shape, device });

const cases: Record<string, (device: Device) => unknown> = {
  gather: (device) => gather(ones([3, 2], { device }), index(3, [1], device)),
  scatterAdd: (device) => scatterAdd(ones([1, 2], { device }), index(-1, [1], device), 3),
  softmaxCrossEntropy: (device) => softmaxCrossEntropy(ones([1, 4], { device }), index(4, [1], device)),
  maxPoolGrad: (device) => maxPoolGrad(ones([1, 1, 1, 1], { device }), index(9, [1, 1, 1, 1], device), [3, 3]),
  maxPoolGather: (device) => maxPoolGather(ones([1, 1, 3, 3], { device }), index(-1, [1, 1, 1, 1], device)),
  cholesky: (device) => cholesky(zeros([2, 2], { device })),
  solveTriangular: (device) => solveTriangular(zeros([2, 2], { device }), ones([2, 1], { device })),
};

describe("bad values", () => {
  it.each(Object.keys(cases))("%s throws what the reference throws, on a strict device too", async (name) => {
    const strict = await createDevice("wasm", { strict: true });
    const [got, want] = [strict, cpu].map((device) => {
      try {
        scope(() => void cases[name]!(device));
      } catch (error) {
        return error as Error;
      }
      return null;
    });
    expect(want).not.toBeNull();
    expect(got?.constructor).toBe(want?.constructor);
    expect(got?.message).toBe(want?.message);
    expect(strict.memory.buffers).toBe(0);
  });
});
