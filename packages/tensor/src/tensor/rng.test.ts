import { describe, expect, it } from "vitest";
import { UsageError } from "../errors.ts";
import { permutation, Rng, randomSign, splitRng, threefry } from "./rng.ts";

const hex = (key: readonly [number, number], counter: readonly [number, number]): string => {
  const out = new Int32Array(2);
  threefry(key[0], key[1], counter[0], counter[1], out);
  return Array.from(out, (word) => (word >>> 0).toString(16).padStart(8, "0")).join(" ");
};

describe("threefry", () => {
  it("gives the known answers of Random123 for 20 rounds", () => {
    expect(hex([0, 0], [0, 0])).toBe("6b200159 99ba4efe");
    expect(hex([-1, -1], [-1, -1])).toBe("1cb996fc bb002be7");
    expect(hex([0x13198a2e, 0x03707344], [0x243f6a88, 0x85a308d3])).toBe("c4923a9c 483df7a0");
  });
});

const draws = (rng: Rng, n: number) => Array.from({ length: n }, () => rng.uniform());

describe("Rng", () => {
  it("gives the same numbers for the same seed, and others for another", () => {
    expect(draws(new Rng(7), 5)).toEqual(draws(new Rng(7), 5));
    expect(draws(new Rng(7), 5)).not.toEqual(draws(new Rng(8), 5));
    expect(draws(new Rng(2 ** 40), 1)).not.toEqual(draws(new Rng(0), 1));
  });

  it("goes on exactly where its state was taken, also through JSON", () => {
    const rng = new Rng(3);
    draws(rng, 4);
    const state = JSON.parse(JSON.stringify(rng.state()));
    const next = draws(rng, 6);
    expect(draws(new Rng(state), 6)).toEqual(next);
  });

  it("refuses seeds that are not whole numbers ≥ 0", () => {
    for (const seed of [-1, 0.5, Number.NaN, 2 ** 60]) expect(() => new Rng(seed)).toThrow(UsageError);
  });

  describe("fork", () => {
    it("depends on the label and on the parent's key, not on what the parent drew", () => {
      const parent = new Rng(1);
      const before = draws(parent.fork("dropout"), 3);
      draws(parent, 10);
      expect(draws(parent.fork("dropout"), 3)).toEqual(before);
      expect(draws(parent.fork("batches"), 3)).not.toEqual(before);
      expect(draws(new Rng(2).fork("dropout"), 3)).not.toEqual(before);
    });

    it("does not move the parent", () => {
      const parent = new Rng(1);
      parent.fork("a");
      expect(parent.state()).toEqual(new Rng(1).state());
    });

    it("gives streams that are uncorrelated with each other and with the parent", () => {
      const n = 4000;
      const streams = [new Rng(5), ...[0, 1, "0x", "a", "b"].map((label) => new Rng(5).fork(label))].map((rng) =>
        draws(rng, n),
      );
      for (const [i, a] of streams.entries()) {
        for (const b of streams.slice(i + 1)) {
          const covariance = a.reduce((sum, x, k) => sum + (x - 0.5) * ((b[k] as number) - 0.5), 0) / n;
          expect(Math.abs(covariance * 12)).toBeLessThan(5 / Math.sqrt(n)); // five standard errors
        }
      }
    });

    it("gives different streams for a thousand labels", () => {
      const first = new Set(Array.from({ length: 1000 }, (_, i) => new Rng(0).fork(i).uniform()));
      expect(first.size).toBe(1000);
    });
  });

  describe("splitRng", () => {
    it("advances the parent, so that each split is another stream", () => {
      const parent = new Rng(1);
      expect(draws(splitRng(parent), 3)).not.toEqual(draws(splitRng(parent), 3));
      expect(parent.state().counter).toBe(2);
    });
  });

  // 20 000 draws; bounds are five standard errors of the statistic, and the seed is fixed
  const n = 20_000;
  const moments = (values: readonly number[]) => {
    const mean = values.reduce((a, b) => a + b, 0) / n;
    return { mean, variance: values.reduce((a, b) => a + (b - mean) ** 2, 0) / n };
  };

  it("uniform lies in [0, 1) with mean 1/2 and variance 1/12", () => {
    const values = draws(new Rng(11), n);
    const { mean, variance } = moments(values);
    expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...values)).toBeLessThan(1);
    expect(Math.abs(mean - 0.5)).toBeLessThan(5 / Math.sqrt(12 * n));
    expect(Math.abs(variance - 1 / 12)).toBeLessThan(5 / Math.sqrt(180 * n));
  });

  it("normal has mean 0, variance 1 and the right tails", () => {
    const rng = new Rng(12);
    const values = Array.from({ length: n }, () => rng.normal());
    const { mean, variance } = moments(values);
    expect(Math.abs(mean)).toBeLessThan(5 / Math.sqrt(n));
    expect(Math.abs(variance - 1)).toBeLessThan(5 * Math.sqrt(2 / n));
    const beyondTwo = values.filter((x) => Math.abs(x) > 2).length / n;
    expect(Math.abs(beyondTwo - 0.0455)).toBeLessThan(5 * Math.sqrt(0.0455 / n));
  });

  it("integer is uniform over 0 … n−1", () => {
    const rng = new Rng(13);
    const counts = new Array<number>(7).fill(0);
    for (let i = 0; i < n; i++) counts[rng.integer(7)]! += 1;
    for (const count of counts) expect(Math.abs(count - n / 7)).toBeLessThan(5 * Math.sqrt(n / 7));
  });

  it("integer has no modulo bias where n does not divide 2³²", () => {
    const rng = new Rng(16);
    const third = 2 ** 30;
    let low = 0;
    for (let i = 0; i < n; i++) if (rng.integer(3 * third) < third) low += 1;
    expect(Math.abs(low - n / 3)).toBeLessThan(5 * Math.sqrt((n / 3) * (2 / 3))); // a remainder alone would give n / 2
  });

  it("integer takes 1 … 2³² and nothing else", () => {
    expect(new Rng(0).integer(1)).toBe(0);
    expect(new Rng(0).integer(2 ** 32)).toBeGreaterThanOrEqual(0);
    for (const bad of [0, -1, 1.5, 2 ** 33]) expect(() => new Rng(0).integer(bad)).toThrow(UsageError);
  });

  it("sign is −1 or 1, equally often", () => {
    const rng = new Rng(14);
    const values = Array.from({ length: n }, () => randomSign(rng));
    expect(new Set(values)).toEqual(new Set([-1, 1]));
    expect(Math.abs(values.reduce((a, b) => a + b, 0))).toBeLessThan(5 * Math.sqrt(n));
  });

  it("permutation gives each of the 24 orders of four equally often", () => {
    const rng = new Rng(15);
    const counts = new Map<string, number>();
    for (let i = 0; i < n; i++) {
      const order = permutation(rng, 4).join("");
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(24);
    for (const count of counts.values()) expect(Math.abs(count - n / 24)).toBeLessThan(5 * Math.sqrt(n / 24));
  });
});
