import { describe, expect, it } from "vitest";
import { makeScale } from "./scale.ts";

describe("makeScale", () => {
  it("maps the domain onto the range, and brings what lies outside to its ends", () => {
    const scale = makeScale("linear", [0, 10], [100, 0]);
    expect([0, 2.5, 10, -5, 99].map(scale.at)).toEqual([100, 75, 0, 100, 0]);
  });

  it("gives equal distances to equal factors when logarithmic", () => {
    const scale = makeScale("log", [0.01, 100], [0, 400]);
    for (const [value, at] of [
      [0.1, 100],
      [1, 200],
      [10, 300],
    ] as const)
      expect(scale.at(value)).toBeCloseTo(at, 9);
  });

  it("gives equal distances to equal factors of the error when it is for accuracies", () => {
    const scale = makeScale("error", [0, 0.99], [0, 200]);
    expect(scale.at(0.9)).toBeCloseTo(100, 9);
    expect(scale.at(1)).toBe(200); // an error of 0 has no logarithm: it comes to the end
  });

  it("labels round values that lie at their own places", () => {
    const linear = makeScale("linear", [0, 468], [0, 300]).ticks;
    expect(linear.map(({ label }) => label)).toEqual(["0", "100", "200", "300", "400"]);
    expect(linear[1]?.at).toBeCloseTo((300 * 100) / 468, 9);
    const log = makeScale("log", [0.05, 3], [200, 0]).ticks;
    expect(log.map(({ label }) => label)).toEqual(expect.arrayContaining(["0.1", "1"]));
    const error = makeScale("error", [0.1, 0.981], [200, 0]).ticks;
    expect(error.map(({ label }) => label.replace("\u202F", ""))).toEqual(
      expect.arrayContaining(["50%", "90%", "98%"]),
    );
  });

  it("leaves out ticks that would touch", () => {
    for (const kind of ["linear", "log", "error"] as const) {
      const places = makeScale(kind, [0.02, 0.97], [0, 120]).ticks.map(({ at }) => at);
      const gaps = places.slice(1).map((at, i) => at - (places[i] as number));
      expect(Math.min(...gaps)).toBeGreaterThanOrEqual(17);
    }
  });

  it("has ticks and finite places for a domain of one value, of zeros, and within a decade", () => {
    for (const [kind, domain] of [
      ["linear", [0, 0]],
      ["log", [0.03, 0.03]],
      ["log", [0, 0]],
      ["error", [1, 1]],
      ["log", [1.01, 1.04]],
    ] as const) {
      const scale = makeScale(kind, domain, [0, 100]);
      expect(Number.isFinite(scale.at(domain[0]))).toBe(true);
      expect(scale.ticks.length).toBeGreaterThan(0);
    }
  });
});
