import { describe, expect, it } from "vitest";
import { elementOf, placeOf } from "./layout.ts";

/** Run the text as the device does. */
const evaluate = (text: string, i: number): number => {
  const functions = {
    quotient: (a: number, n: number) => Math.trunc(a / n),
    remainder: (a: number, n: number) => a % n,
  };
  const names = Object.keys(functions);
  return new Function("i", ...names, `return ${text};`)(i, ...Object.values(functions));
};

describe("placeOf", () => {
  it("is the dot product of coordinates and strides", () => {
    for (const strides of [
      [20, 5, 1],
      [1, 2, 6],
      [0, -5, 2],
      [-20, 0, -1],
    ]) {
      const text = placeOf("i", [2, 4, 5], strides);
      for (let i = 0; i < 40; i++) {
        const c = [Math.floor(i / 20), Math.floor(i / 5) % 4, i % 5];
        const place = c.reduce((sum, n, axis) => sum + n * (strides[axis] as number), 0);
        expect(evaluate(text, i), `${strides} at ${i}`).toBeCloseTo(place, 12); // −0 is 0
      }
    }
  });

  it("joins axes that are crossed in step", () => {
    expect(placeOf("i", [2, 1, 3, 4], [12, 7, 4, 1])).toBe("i");
    expect(placeOf("i", [1, 1], [3, 1])).toBe("0");
  });

  it("broadcasts", () => {
    expect(elementOf("i", { shape: [3], strides: [1], offset: 0 }, [2, 3])).toBe("remainder(i, 3)");
  });
});
