import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { drawingsOf, tablesOf, textOf, xmlFaults } from "@kronograd/figures/testing";
import { CheckpointError } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { writeReport } from "./index.ts";
import { type RunPlan, temporaryFolder, writeRace, writeRun } from "./testing/make-race.ts";

const rise = (end: number, pace: number) => (step: number) => end - (end - 0.1) * 0.5 ** (step / pace);
const plans = (["sgd", "adam", "kfac", "skfac"] as const).flatMap((rival, i) =>
  [0, 1, 2].map(
    (seed): RunPlan => ({
      rival,
      seed,
      accuracy: rise(0.9 + 0.02 * i + 0.004 * seed, 10 - 2 * i),
      msPerStep: 2 + i + seed / 10,
      reported: () => (i > 1 ? { damping: 0.03, klClip: 0.5 } : {}),
      phases: i > 1 ? { refresh: 0.5, precondition: 1 } : {},
      config: { learningRate: 0.1 / (i + 1), versions: { node: "24" } },
    }),
  ),
);

async function reportOf(runs: readonly RunPlan[], race: Record<string, unknown> = {}): Promise<string> {
  using folder = temporaryFolder();
  writeRace(folder.path, runs, race);
  const path = await writeReport(folder.path);
  expect(path).toBe(join(folder.path, "report.html"));
  return readFileSync(path, "utf8");
}

describe("writeReport", () => {
  it("is one file that asks for nothing and is well-formed", async () => {
    const page = await reportOf(plans);
    expect(page).not.toMatch(/https?:|\/\/|@import|url\(|<link|<img|<iframe|src=/i);
    expect(page).toContain("default-src &#39;none&#39;");
    const drawings = drawingsOf(page);
    expect(drawings.length).toBeGreaterThan(12);
    for (const drawing of drawings) expect(xmlFaults(drawing)).toEqual([]);
    expect(xmlFaults((page.match(/<main>.*<\/main>/s) as RegExpMatchArray)[0])).toEqual([]);
  });

  it("has the numbers of the events in its tables", async () => {
    const tables = tablesOf(await reportOf(plans));
    const accuracy = (rival: number, seed: number, step: number) =>
      `${(100 * (plans[3 * rival + seed]?.accuracy?.(step) ?? 0)).toFixed(2)}`;
    const results = tables.get("Results: median [lowest–highest] of 3 seeds") ?? [];
    // The middle seed is the median, seed 0 the lowest, seed 2 the highest; evaluations nearest to 25 and 50 % are at 20 and 40.
    results.slice(1).forEach(([name, ...cells], i) => {
      expect(name).toBe(["SGD", "Adam", "K-FAC", "SKFAC"][i]);
      const shown = [20, 40, 100].map(
        (step) => `${accuracy(i, 1, step)} % [${accuracy(i, 0, step)}–${accuracy(i, 2, step)}]`,
      );
      expect(cells.slice(0, 3)).toEqual(shown);
      expect(cells[3]).toBe(`${(2.1 + i).toFixed(2)} [${(2 + i).toFixed(2)}–${(2.2 + i).toFixed(2)}]`);
      expect(cells[4]).toBe(`${((2.1 + i) / 2.1).toFixed(2)}×`);
    });
    const numbers = tables.get("Test accuracy: median [lowest–highest] and seconds of training") ?? [];
    expect(numbers.slice(1).map(([step]) => step)).toEqual(["0", "20", "40", "60", "80", "100"]);
    expect(numbers[2]?.[1]).toBe("200");
    expect(numbers[2]?.[8]).toMatch(accuracy(3, 1, 20));
    expect(tables.get("Milliseconds a step by phase")?.[3]).toEqual(["K-FAC", "2.60", "0.500", "1.00", "4.10"]);
    expect(tables.get("Damping: median over the seeds")?.[1]).toEqual(["1", "0.03", "0.03"]);
    expect(tables.get("Layers of SKFAC")?.[1]).toEqual([
      "dense1",
      "[4, 3]",
      "16",
      "skfac",
      "dual, 32 columns",
      "1200",
      "4.10 kB",
      "float64",
    ]);
    expect(tables.get("Settings in which the rivals differ")).toContainEqual([
      "learningRate",
      "0.1",
      "0.05",
      "0.03333333333333333",
      "0.025",
    ]);
    expect(tables.get("Rules and whether each was met")?.[1]?.[1]).toBe("✓ met");
  });

  it("has the measurements as a download", async () => {
    const page = await reportOf(plans);
    const link = /href="data:text\/csv;charset=utf-8,([^"]*)"/.exec(page)?.[1] ?? "";
    expect(decodeURIComponent(link).trimEnd().split("\n").length).toBe(1 + 12 * 6);
  });

  it("tells the rivals apart by dashes and by names at the lines' ends, in every chart", async () => {
    const charts = drawingsOf(await reportOf(plans)).filter((drawing) => drawing.startsWith('<svg class="chart"'));
    expect(charts.length).toBe(9 + 3); // three quantities on three clocks; damping, clipping, learning rate
    for (const chart of charts.slice(0, 9)) {
      const dashes = [...chart.matchAll(/class="line[^>]*stroke-dasharray="([^"]*)"/g)].map(([, dash]) => dash);
      expect(new Set(dashes).size).toBe(4);
      expect([...chart.matchAll(/class="end[^>]*>([^<]*)</g)].map(([, name]) => name).sort()).toEqual([
        "Adam",
        "K-FAC",
        "SGD",
        "SKFAC",
      ]);
    }
  });

  it("draws a diverged run to its end, marks it, and counts it", async () => {
    const lost = plans.map((plan) =>
      plan.rival === "sgd" && plan.seed === 2
        ? { ...plan, divergesAt: 50, loss: (step: number) => 2.3 * 2 ** step }
        : plan,
    );
    const page = await reportOf(lost);
    expect(page.match(/class="diverged c0"/g)?.length).toBe(9);
    expect(page).toContain("<title>SGD, seed 2, diverged at step 50</title>");
    expect(textOf(page)).toContain("SGD diverged in 1 of 3 seeds: step 50 (seed 2).");
    expect(tablesOf(page).get("Results: median [lowest–highest] of 3 seeds")?.[1]?.[3]).toMatch(/\[diverged–/);
  });

  it("does not believe what files say: markup in names, settings and notices stays text", async () => {
    const evil = `<img src=x onerror=alert(1)>"'`;
    const page = await reportOf(
      [
        {
          rival: evil,
          config: { data: evil, model: evil, versions: { [evil]: evil }, [evil]: evil },
          notices: [evil],
          reported: () => ({ [evil]: 1, constructor: 2 }),
        },
        { rival: "sgd" },
      ],
      { command: evil },
    );
    expect(page).not.toContain("<img");
    expect(page).toContain("&lt;img src=x onerror=alert(1)&gt;&quot;&#39;");
    expect(textOf(page)).toContain(`warning: ${evil}`);
  });

  it("gives the same bytes for the same folder", async () => {
    expect(await reportOf(plans)).toBe(await reportOf(plans));
  });

  it("stays within 300 kB for four rivals, three seeds and 2000 steps", async () => {
    const noise = (step: number) => 1.5 + Math.sin(step * 12.9898);
    const page = await reportOf(
      plans.map((plan) => ({
        ...plan,
        steps: 2000,
        evaluateEvery: 50,
        loss: noise,
        reported: (step) => ({ damping: noise(step), klClip: noise(step + 1) }),
      })),
    );
    expect(Buffer.byteLength(page)).toBeLessThan(300_000);
  });

  it("reports a single run, and one without accuracies, steps or an end", async () => {
    using folder = temporaryFolder();
    writeRun(folder.path, { rival: "skfac", steps: 60 });
    const page = readFileSync(await writeReport(folder.path), "utf8");
    expect(textOf(page)).toContain("Run of SKFAC · mnist · mlp:784,128,64,10");
    expect(page).not.toContain("Rules of a fair race");
    writeRun(folder.path, { steps: 0, accuracy: () => 0.1 });
    expect(textOf(readFileSync(await writeReport(folder.path), "utf8"))).toContain(
      "Test accuracy after 0 steps: SGD 10.00 %.",
    );
  });

  it("reports a run that has only begun", async () => {
    using folder = temporaryFolder();
    writeFileSync(join(folder.path, "run.json"), '{"optimizer":"adam"}');
    const text = textOf(readFileSync(await writeReport(folder.path), "utf8"));
    expect(text).toContain("Test loss after 0 steps: Adam not measured.");
    expect(text).toContain("has no end: the run was killed, or is still going");
  });

  it("lays several runs over one another and writes where it is told", async () => {
    using folder = temporaryFolder();
    const at = (name: string) => join(folder.path, name);
    writeRun(at("one"), { rival: "adam" });
    writeRun(at("two"), { rival: "kfac" });
    const out = at("both.html");
    expect(await writeReport([at("one"), at("two")], { out })).toBe(out);
    expect(textOf(readFileSync(out, "utf8"))).toContain("Runs of Adam and K-FAC");
  });

  it("says so when it cannot be written", async () => {
    using folder = temporaryFolder();
    writeRun(folder.path, {});
    const path = join(folder.path, "report.html");
    mkdirSync(path);
    await expect(writeReport(folder.path)).rejects.toThrow(CheckpointError);
    rmSync(path, { recursive: true });
  });
});
