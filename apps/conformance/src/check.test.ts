import { tensor } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { check } from "./check.ts";

const close = { rtol: 1e-10, zero: 1e-12 };
const array = (data: number[], shape = [data.length]) => ({ shape, data });
const paths = async (...args: Parameters<typeof check>) => (await check(...args)).mismatches.map(({ path }) => path);

describe("check", () => {
  it("compares tensors, numbers, lists and truths by name", async () => {
    const results = {
      L: tensor([1, 2]),
      logdet: 3,
      losses: [1, 2],
      error: true,
      layers: { fc0: { A: tensor([[1]]) } },
    };
    const expected = {
      L: array([1, 2]),
      logdet: 3,
      losses: [1, 2],
      error: true,
      layers: { fc0: { A: array([1], [1, 1]) } },
    };
    expect(await check(results, expected, close)).toEqual({ compared: 5, error: 0, mismatches: [] });
    expect(await paths({ ...results, error: false, layers: { fc0: { A: tensor([[2]]) } } }, expected, close)).toEqual([
      "error",
      "layers.fc0.A",
    ]);
  });

  it("calls a function only if its name is expected", async () => {
    const unwanted = () => {
      throw new Error("called");
    };
    expect(await paths({ a: () => 1, b: unwanted }, { a: 1 }, close)).toEqual([]);
  });

  it("misses nothing that is expected", async () => {
    expect(await paths({ a: 1 }, { a: 1, b: 2 }, close)).toEqual(["b"]);
    expect(await paths({ list: [{ a: 1 }] }, { list: [{ a: 1 }, { a: 2 }] }, close)).toEqual(["list"]);
    expect(await paths({ a: "text" as never }, { a: 1 }, close)).toEqual(["a"]);
  });

  it("is norm-wise, and exact about shapes", async () => {
    expect(await paths({ a: tensor(new Float64Array([100, 1e-9])) }, { a: array([100, 0]) }, close)).toEqual([]);
    expect(await paths({ a: tensor(new Float64Array([100, 1e-7])) }, { a: array([100, 0]) }, close)).toEqual(["a"]);
    expect(await paths({ a: tensor([[1]]) }, { a: array([1]) }, close)).toEqual(["a"]);
  });

  it("takes for 0 what rounding leaves of numbers that cancel", async () => {
    expect(await paths({ a: 1e-13 }, { a: 1e-17 }, close)).toEqual([]);
    expect(await paths({ a: 1e-11 }, { a: 1e-17 }, close)).toEqual(["a"]);
    expect(await paths({ a: 1e-11 }, { a: 0 }, close)).toEqual(["a"]);
    expect(await paths({ a: 1.1e-12 }, { a: 1e-12 }, close)).toEqual(["a"]);
  });
});
