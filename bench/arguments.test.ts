import { UsageError } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { parseArguments } from "./arguments.ts";

const known = ["gemm", "conv", "step"];

describe("parseArguments", () => {
  it("takes every topic where none is named", () => {
    expect(parseArguments([], known)).toEqual({ topics: known, json: false, backend: "wasm", quick: false, only: "" });
  });

  it("takes topics and flags in any order", () => {
    const given = parseArguments(["--quick", "conv", "--backend", "cpu", "gemm", "--json", "--only", "64"], known);
    expect(given).toEqual({ topics: ["conv", "gemm"], json: true, backend: "cpu", quick: true, only: "64" });
  });

  it("refuses what it does not know, and guesses what was meant", () => {
    expect(() => parseArguments(["gem"], known)).toThrow(UsageError);
    expect(() => parseArguments(["gem"], known)).toThrow('Did you mean "gemm"?');
    expect(() => parseArguments(["--backend", "gpu"], known)).toThrow(/no backend "gpu".*wasm, cpu/);
    expect(() => parseArguments(["--fast"], known)).toThrow(UsageError);
  });
});
