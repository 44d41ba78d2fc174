import { Rng } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { blobs } from "./blobs.ts";
import { circles } from "./circles.ts";
import { checkCount, checkNumber, labelledPoints, type PointOptions } from "./generate.ts";
import { illConditionedRegression } from "./ill-conditioned.ts";
import { moons } from "./moons.ts";
import { spiral } from "./spiral.ts";
import { teacherStudent } from "./teacher-student.ts";
import { xor } from "./xor.ts";

const sets = { spiral, moons, circles, xor, blobs, teacherStudent, illConditionedRegression };

describe.each(Object.entries(sets))("%s", (name, make: (options: PointOptions) => ReturnType<typeof spiral>) => {
  const sizes = { train: 60, test: 30, noise: 0.1 };

  it("has the rows asked for, and says how it was made", () => {
    const dataset = make({ rng: new Rng(0), ...sizes });
    expect(dataset).toMatchObject({ name, train: { count: 60 }, test: { count: 30 } });
    expect(dataset.source).toContain('"train":60');
    expect(make({ rng: new Rng(0) })).toMatchObject({ train: { count: 1000 }, test: { count: 1000 } });
  });

  it("is a function of the stream's key, which it does not advance", () => {
    const rng = new Rng(3);
    const before = rng.state();
    const first = make({ rng, ...sizes });
    expect(rng.state()).toEqual(before);
    expect(make({ rng: new Rng(3), ...sizes })).toEqual(first);
    expect(make({ rng: new Rng(4), ...sizes }).fingerprint).not.toBe(first.fingerprint);
  });

  it("draws test rows that are not training rows and do not depend on their number", () => {
    const few = make({ rng: new Rng(5), ...sizes });
    const many = make({ rng: new Rng(5), ...sizes, train: 90 });
    expect(many.test.inputs.values).toEqual(few.test.inputs.values);
    const inTrain = new Set(few.train.inputs.values);
    expect([...few.test.inputs.values].some((value) => inTrain.has(value))).toBe(false);
  });

  it("throws UsageError for sizes and noise out of range", () => {
    for (const wrong of [{ train: 0 }, { test: 1.5 }, { noise: -1 }, { noise: Number.NaN }]) {
      expect(() => make({ rng: new Rng(0), ...wrong })).toThrow(expect.objectContaining({ name: "UsageError" }));
    }
  });
});

describe("labelledPoints", () => {
  it("balances the classes in turn, and adds noise of the deviation asked for", () => {
    const options = { rng: new Rng(0), train: 4000, test: 5, noise: 0.5 };
    const { train, test } = labelledPoints("p", options, {}, { classes: 3 }, (_, label) => [label, 10]);
    expect([...test.targets.values]).toEqual([0, 1, 2, 0, 1]);
    const noise = Array.from(
      train.inputs.values,
      (value, i) => value - (i % 2 === 0 ? train.targets.values[i / 2]! : 10),
    );
    const variance = noise.reduce((sum, value) => sum + value * value, 0) / noise.length;
    // 8000 draws: the variance has a standard error of 0.25·√(2/8000) = 0.004.
    expect(Math.abs(variance - 0.25)).toBeLessThan(0.016);
  });
});

describe("checkCount and checkNumber", () => {
  it("pass what is in range", () => {
    checkCount("w", "s", 2, 2);
    checkNumber("w", "s", 0, 0);
    expect(() => checkCount("w", "s", 1, 2)).toThrow("s must be a whole number ≥ 2");
    expect(() => checkNumber("w", "s", -1, 0)).toThrow("s must be a finite number ≥ 0");
  });
});
