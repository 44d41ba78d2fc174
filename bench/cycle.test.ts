import { describe, expect, it } from "vitest";
import type { Bench } from "./compare.ts";
import { type Contender, Contenders } from "./contender.ts";
import { measureCycle } from "./cycle.ts";
import type { Job } from "./job.ts";
import { judge, type Row } from "./row.ts";
import { scaling } from "./topics/scaling.ts";
import { step } from "./topics/step.ts";
import type { Run, Topic } from "./topics/topic.ts";

type Step = Extract<Job, { kind: "step" }>;

/** Our own contender, if steps took so long; every other is not installed. */
function runOf(ms: (job: Step) => number, wants: (name: string) => boolean = () => true): Run {
  const own: Contender = {
    name: "own",
    about: "a fake",
    prepare: (job) => ({
      run: (repetitions) => ms(job as Step) * repetitions,
      phases: () => ({ forward: 1, ...((job as Step).due === true ? { refresh: 40 } : {}) }),
    }),
  };
  const missing = ["own, revectorized", "pytorch", "tfjs-cpu"].map(
    (name) => [name, async () => "not installed"] as const,
  );
  const contenders = new Contenders({ own: async () => own, ...Object.fromEntries(missing) });
  const pace: Bench["pace"] = { warmUp: 0, turn: 1, budget: 1e6, minRounds: 3, maxRounds: 3 };
  const openDevice = () => Promise.reject(new Error("no device here"));
  return { contenders, pace, quick: true, wants, backend: "cpu", openDevice };
}

async function rowsOf(topic: Topic, run: Run): Promise<Map<string, Row>> {
  const rows = new Map<string, Row>();
  for await (const row of topic.rows(run)) rows.set(`${row.case} | ${row.rivalName}`, row);
  return rows;
}

/** K-FAC refreshes every 10 steps. */
const kfacMs = ({ method, due }: Step) => (method === "sgd" ? 10 : due === true ? 110 : 20);

describe("measureCycle", () => {
  it("weighs the steps that refresh by how rare they are", async () => {
    const cost = await measureCycle("mlp", "kfac", 128, runOf(kfacMs));
    if (typeof cost === "string") throw new Error(cost);
    expect(cost.ratio).toBeCloseTo((11 + 9 * 2) / 10, 12);
    expect(cost.ms).toBeCloseTo((110 + 9 * 20) / 10, 12);
    expect(cost.sgd).toBeCloseTo(10, 12);
    expect(cost.extra).toBeCloseTo(19, 12);
    expect(cost.phases).toEqual({ forward: 1, refresh: 4 });
  });

  it("measures one kind of step where all are alike", async () => {
    const cost = await measureCycle(
      "mlp",
      "adam",
      128,
      runOf(({ method }) => (method === "sgd" ? 10 : 12)),
    );
    expect(cost).toMatchObject({ ratio: 1.2, extra: 2 });
  });

  it("says that a method is a rival's", async () => {
    expect(await measureCycle("mlp", "skfac d×d", 128, runOf(kfacMs))).toBe("has no skfac d×d");
  });
});

describe("step", () => {
  it("judges a method's cost as a multiple of our SGD step, and shows its phases", async () => {
    const rows = await rowsOf(
      step,
      runOf(kfacMs, (name) => name === "mlp, kfac" || name === "mlp, sgd"),
    );
    expect(rows.get("mlp, kfac | own sgd")).toMatchObject({ met: true, cost: true, target: 1 / 3.2 });
    expect(rows.get("mlp, kfac | own sgd")?.ratio).toBeCloseTo(1 / 2.9, 12);
    expect(rows.get("mlp, kfac: refresh | own sgd, same phase")).toMatchObject({ ours: 4, rival: null, met: null });
    expect(rows.get("mlp, sgd | pytorch sgd")).toMatchObject({ ours: 10, note: "not installed", met: null });
  });
});

describe("scaling", () => {
  const widthOf = ({ net }: Step) => (net.startsWith("wide ") ? Number(net.slice(5)) : 1);

  it("finds the growth of curvature's time beside a step that grows faster", async () => {
    const ms = (job: Step) => widthOf(job) ** 2 / 100 + (job.method === "sgd" ? 0 : widthOf(job) / 10);
    const rows = await rowsOf(scaling, runOf(ms));
    const row = rows.get("skfac: growth exponent | limit");
    expect(row?.ours).toBeCloseTo(1, 9);
    expect(row?.met).toBe(true);
    expect(rows.get("skfac, width 512 | own sgd")?.ours).toBeCloseTo(51.2, 9);
  });

  it("gives no exponent to differences that are noise", async () => {
    const rows = await rowsOf(
      scaling,
      runOf(({ method }) => (method === "sgd" ? 10 : 9)),
    );
    expect(rows.get("skfac: growth exponent | limit")).toMatchObject({ ours: null, met: null });
    expect(judge({ topic: "scaling", case: "skfac: growth exponent", rivalName: "limit", unit: "" }).met).toBeNull();
  });
});
