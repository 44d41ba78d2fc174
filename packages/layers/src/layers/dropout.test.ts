import { Rng, UsageError } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { evaluation, expectRightGradients, f64, random } from "../../testing/index.ts";
import { Sequential } from "../sequential.ts";
import { dropout } from "./dropout.ts";

const ones = (n: number) => f64(Array.from({ length: n }, () => 1));
const training = (seed: number) => ({ training: true, rng: new Rng(seed) });

describe("dropout", () => {
  it("keeps values with probability 1 − rate and divides them by it", () => {
    const y = dropout(0.25).forward(ones(4000), training(0)).dataSync();
    const kept = [...y].filter((value) => value !== 0);
    expect(new Set(kept)).toEqual(new Set([1 / 0.75]));
    expect(kept.length / 4000).toBeCloseTo(0.75, 1); // deviation 0.007
  });

  it("passes everything on in evaluation, and at rate 0", () => {
    const x = random([3]);
    expect(dropout(0.5).forward(x, evaluation)).toBeAllclose(x);
    expect(dropout(0).forward(x, { training: true })).toBeAllclose(x);
  });

  it("draws the same mask from the same stream, another from another", () => {
    const mask = (seed: number) => [...dropout(0.5).forward(ones(64), training(seed)).dataSync()];
    expect(mask(1)).toEqual(mask(1));
    expect(mask(1)).not.toEqual(mask(2));
  });

  it("draws another mask at each place in a model", () => {
    const y = new Sequential([dropout(0.5), dropout(0.5)]).forward(ones(64), training(0)).dataSync();
    expect([...y].filter((value) => value !== 0).length).toBeLessThan(26); // a quarter, not a half
  });

  it("has right gradients", () => {
    expectRightGradients(dropout(0.5), random([4, 4]), training(0));
  });

  it("refuses training without rng, and rates outside [0, 1)", () => {
    expect(() => dropout(0.5).forward(ones(1), { training: true })).toThrow(UsageError);
    for (const rate of [1, -0.1, Number.NaN]) expect(() => dropout(rate)).toThrow(UsageError);
  });
});
