import { describe, expect, it } from "vitest";
import { judge, judgeLimit, toJson } from "./row.ts";
import { digits, summary, table } from "./table.ts";

const named = { topic: "step", case: "mlp, skfac", rivalName: "own sgd", unit: "ms" };

describe("judge", () => {
  it("turns a bound on cost into a bound on the ratio", () => {
    expect(judge({ ...named, ours: 7, rival: 6, ratio: 6 / 7 }, { atMost: 1.2 })).toMatchObject({
      met: true,
      cost: true,
    });
    expect(judge({ ...named, ours: 9, rival: 6, ratio: 6 / 9 }, { atMost: 1.2 })).toMatchObject({ met: false });
    expect(judge(named, { atMost: 1.25 }).target).toBe(0.8);
  });

  it("finds the target of a measurement by itself", () => {
    expect(judge({ ...named, ratio: 1 }).target).toBeCloseTo(1 / 1.2, 12);
    expect(judge({ ...named, case: "mlp, skfac: refresh", ratio: 1 }).target).toBeNull();
  });

  it("says neither yes nor no where nothing was measured", () => {
    expect(judge({ ...named, note: "not installed" })).toMatchObject({ ratio: null, met: null, note: "not installed" });
  });
});

describe("judgeLimit", () => {
  const startup = { topic: "startup", case: "import to first step of the mlp", unit: "ms" };

  it("compares a number with its limit", () => {
    expect(judgeLimit({ ...startup, ours: 50 })).toMatchObject({ rival: 100, ratio: 2, target: 1, met: true });
    expect(judgeLimit({ ...startup, ours: 200 })).toMatchObject({ ratio: 0.5, met: false });
  });

  it("is met by nothing where nothing is allowed, and by nothing else", () => {
    const leak = { topic: "memory", case: "sgd, 500 steps: tensors above baseline", unit: "" };
    expect(judgeLimit({ ...leak, ours: 0 }).met).toBe(true);
    expect(judgeLimit({ ...leak, ours: 1 }).met).toBe(false);
  });

  it("only reports where there is no limit", () => {
    expect(judgeLimit({ ...startup, case: "of which import", ours: 5 })).toMatchObject({ target: null, rivalName: "" });
  });
});

describe("toJson", () => {
  it("is one line with the fields that are promised, first", () => {
    const line = toJson(judge({ ...named, ours: 7.123456789, rival: 6, ratio: 0.84 }));
    expect(line).not.toContain("\n");
    expect(Object.keys(JSON.parse(line)).slice(0, 8)).toEqual([
      ...["topic", "case", "ours", "rival", "rivalName"],
      ...["ratio", "target", "met"],
    ]);
    expect(JSON.parse(line)).toMatchObject({ ours: 7.1235, ratio: 0.84, target: 0.83333, met: true });
  });

  it("has null for what was not measured", () => {
    const row = judge({ ...named, note: "not installed" });
    expect(JSON.parse(toJson(row))).toMatchObject({
      ours: null,
      rival: null,
      ratio: null,
      met: null,
      note: "not installed",
    });
  });
});

describe("table", () => {
  it("shows how much faster we are, what we cost, limits, and reasons", () => {
    const rows = [
      judge({
        topic: "gemm",
        case: "128×128×128",
        rivalName: "tfjs-wasm",
        unit: "GFLOP/s",
        ours: 40,
        rival: 10,
        ratio: 4,
        p90: 4.2,
      }),
      judge({ ...named, ours: 7.5, rival: 6, ratio: 0.8 }),
      judge({ ...named, case: "mlp, adam", cost: true, ours: 6.6, rival: 6, ratio: 1 / 1.1 }),
      judge({
        topic: "gemm",
        case: "64×64×64",
        rivalName: "jax-js",
        unit: "GFLOP/s",
        ours: 20.5,
        note: "not installed",
      }),
      judgeLimit({ topic: "size", case: "backend-wasm", unit: "kB", ours: 12.5 }),
    ];
    expect(`\n${table(rows)}\n`).toMatchInlineSnapshot(`
      "
      case          rival      ours  rival's           ratio   p90  target  met  control
      128×128×128   tfjs-wasm    40       10  GFLOP/s      4  4.20     ≥ 3  yes
      mlp, skfac    own sgd    7.50        6  ms        1.25        ≤ 1.20   NO
      mlp, adam     own sgd    6.60        6  ms        1.10
      64×64×64      jax-js     20.5           GFLOP/s               ≥ 1.50                not installed
      backend-wasm             12.5           kB                      ≤ 15  yes
      "
    `);
  });
});

describe("summary", () => {
  it("counts targets that were met, missed and not measured", () => {
    const at = (ratio?: number) => judge({ ...named, ...(ratio === undefined ? {} : { ratio }) }, { atLeast: 1 });
    expect(summary([at(2), at(0.5), at(), judge({ ...named, case: "none", ratio: 3 })])).toBe(
      "1 of 2 targets met, 1 not measured",
    );
  });
});

describe("digits", () => {
  it("keeps three that mean something", () => {
    expect([1234.5, 12.345, 1.2345, 0.12345, 0.012345, 3].map(digits)).toEqual([
      ...["1235", "12.3", "1.23", "0.12", "0.012", "3"],
    ]);
  });
});
