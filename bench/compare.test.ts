import { describe, expect, it } from "vitest";
import { type Bench, type Case, compare, compareAll } from "./compare.ts";
import { type Contender, Contenders } from "./contender.ts";
import type { Job } from "./job.ts";
import type { Row } from "./row.ts";

const small: Job = { kind: "gemm", m: 128, n: 128, k: 128 };
const twice: Job = { kind: "gemm", m: 256, n: 128, k: 128 };

/** A contender whose every job takes so long. */
const fake = (name: string, ms: number, released: string[] = []): Contender => ({
  name,
  about: "a fake",
  prepare: () => ({ run: (repetitions) => ms * repetitions, release: () => void released.push(name) }),
});

function bench(contenders: Record<string, Contender | string>): Bench {
  const openers = Object.fromEntries(Object.entries(contenders).map(([name, one]) => [name, async () => one]));
  return {
    contenders: new Contenders(openers),
    pace: { warmUp: 0, turn: 1, budget: 0, minRounds: 3, maxRounds: 3 },
    quick: true,
    wants: (name) => !name.startsWith("unwanted"),
  };
}

const caseOf = (rivals: Case["rivals"], more: Partial<Case> = {}): Case => ({
  name: "128×128×128",
  own: { contender: "own", job: small },
  rivals,
  ...more,
});

describe("compare", () => {
  it("gives the ratio of rates, above 1 where we are faster, and judges it", async () => {
    const run = bench({ own: fake("own", 2), "tfjs-wasm": fake("tfjs-wasm", 8) });
    const rows = await compare("gemm", caseOf([{ contender: "tfjs-wasm", job: small }]), run);
    expect(rows).toMatchObject([
      { topic: "gemm", case: "128×128×128", rivalName: "tfjs-wasm", ratio: 4, target: 3, met: true, unit: "GFLOP/s" },
    ]);
    expect(rows[0]?.ours).toBeCloseTo((2 * 128 ** 3) / 2e6, 9);
    expect(rows[0]?.rival).toBeCloseTo((2 * 128 ** 3) / 8e6, 9);
  });

  it("divides each by its own work, or compares times", async () => {
    const run = () => bench({ own: fake("own", 2), other: fake("other", 2) });
    const rivals = [{ contender: "other", job: twice }];
    expect((await compare("none", caseOf(rivals), run()))[0]?.ratio).toBe(0.5);
    expect((await compare("none", caseOf(rivals, { by: "time" }), run()))[0]?.ratio).toBe(1);
  });

  it("has a row for a rival that is not installed, and measures ours all the same", async () => {
    const run = bench({ own: fake("own", 2), pytorch: "not installed (no torch)" });
    const [row] = await compare("gemm", caseOf([{ contender: "pytorch", job: small }]), run);
    expect(row).toMatchObject({ rivalName: "pytorch", rival: null, ratio: null, met: null });
    expect(row?.note).toBe("not installed (no torch)");
    expect(row?.ours).toBeGreaterThan(0);
  });

  it("has rows with the reason where we cannot take part ourselves", async () => {
    const run = bench({ own: "wasm has one thread", other: fake("other", 1) });
    const rows = await compare("threads", caseOf([{ contender: "other", job: small }]), run);
    expect(rows).toMatchObject([{ ours: null, ratio: null, met: null, note: "wasm has one thread" }]);
  });

  it("calls a rival by its label and reports the control of the same rounds", async () => {
    const run = bench({ own: fake("own", 1), one: fake("one", 10), two: fake("two", 5) });
    const control = [
      { contender: "two", job: small },
      { contender: "one", job: small },
    ] as const;
    const [row] = await compare("x", caseOf([{ contender: "own", job: twice, label: "own twice" }], { control }), run);
    expect(row).toMatchObject({ rivalName: "own twice", control: 2 });
  });

  it("gives every contender's memory back", async () => {
    const released: string[] = [];
    const run = bench({ own: fake("own", 1, released), other: fake("other", 1, released) });
    await compare("x", caseOf([{ contender: "other", job: small }]), run);
    expect(released).toEqual(["own", "other"]);
  });

  it("lets an error of a contender through", async () => {
    const broken: Contender = { name: "own", about: "", prepare: () => Promise.reject(new Error("out of memory")) };
    await expect(compare("x", caseOf([]), bench({ own: broken }))).rejects.toThrow("out of memory");
  });
});

describe("compareAll", () => {
  it("measures the cases that were asked for", async () => {
    const run = bench({ own: fake("own", 1), other: fake("other", 1) });
    const rivals = [{ contender: "other", job: small }];
    const rows: Row[] = [];
    const cases = [caseOf(rivals, { name: "unwanted" }), caseOf(rivals, { name: "wanted" })];
    for await (const row of compareAll("x", cases, run)) rows.push(row);
    expect(rows.map((row) => row.case)).toEqual(["wanted"]);
  });
});

describe("Contenders", () => {
  it("opens each once", async () => {
    let opened = 0;
    const contenders = new Contenders({
      own: async () => {
        opened += 1;
        return fake("own", 1);
      },
    });
    await contenders.prepare("own", small);
    await contenders.prepare("own", small);
    expect(opened).toBe(1);
    expect(await contenders.about()).toEqual(["own: a fake"]);
  });
});
