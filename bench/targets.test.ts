import { describe, expect, it } from "vitest";
import { openers } from "./contenders/openers.ts";
import { limitName } from "./row.ts";
import { targetOf, targets } from "./targets.ts";
import { topics } from "./topics/index.ts";

/** Rivals that are this project itself, or a rival's method. */
const labels = [limitName, "own gemm", "own sgd", "own, 1 thread", /^(pytorch|tfjs-cpu) (sgd|skfac)/];

describe("targets", () => {
  it("name topics and rivals that there are", () => {
    const known = [...labels, ...Object.keys(openers("cpu"))];
    const isKnown = (rival: string) =>
      known.some((name) => (name instanceof RegExp ? name.test(rival) : name === rival));
    expect(targets.map(({ rival }) => rival).filter((rival) => !isKnown(rival))).toEqual([]);
    const names = topics.map(({ name }) => name);
    expect(targets.map(({ topic }) => topic).filter((topic) => !names.includes(topic))).toEqual([]);
  });

  it("cover K1 to K9 and the sections on steps and on growth", () => {
    const sources = new Set(targets.map(({ source }) => source));
    const wanted = [..."123456789"].map((k) => `K${k}`);
    expect([...wanted, "1.2", "1.4"].filter((source) => !sources.has(source))).toEqual([]);
  });
});

describe("targetOf", () => {
  const bound = (topic: string, name: string, rivalName: string) => {
    const target = targetOf({ topic, case: name, rivalName });
    return target === undefined ? undefined : "atLeast" in target ? target.atLeast : target.atMost;
  };

  it("takes the first that fits", () => {
    expect(bound("gemm", "128×128×128", "tfjs-wasm")).toBe(3);
    expect(bound("gemm", "512×512×512", "tfjs-wasm")).toBe(2);
    expect(bound("linalg", "cholesky 1024", "openblas")).toBe(1.8);
    expect(bound("linalg", "cholesky 576", "openblas")).toBe(1.4);
    expect(bound("threads", "64×64×64", "own, 1 thread")).toBe(0.95);
    expect(bound("threads", "vgg, sgd step", "own, 1 thread")).toBe(1.7);
  });

  it("tells revectorized products from plain ones", () => {
    expect(bound("gemm", "1024×1024×1024, revectorized", "openblas")).toBe(0.5);
    expect(bound("gemm", "1024×1024×1024", "openblas")).toBeUndefined();
    expect(bound("gemm", "1024×1024×1024", "fma peak")).toBe(0.85);
  });

  it("asks the peak of no case where calls are a large part", () => {
    expect(bound("gemm", "64×64×64", "fma peak")).toBeUndefined();
    expect(bound("gemm", "64×6272×576", "fma peak")).toBe(0.85);
  });

  it("asks bandwidth only of long vectors", () => {
    expect(bound("elementwise", "add 16 k", "memcpy")).toBeUndefined();
    expect(bound("elementwise", "add 16 M", "memcpy")).toBe(1);
  });
});
