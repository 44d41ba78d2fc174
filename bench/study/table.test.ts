import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type Study, studyTable, withTables } from "./table.ts";

const read = (path: string) => readFileSync(new URL(`../../docs/${path}`, import.meta.url), "utf8");

describe("the study of Fashion-MNIST", () => {
  const study = JSON.parse(read("results/study-fashion-mnist.json")) as Study;

  it("stands in its note as it was measured", () => {
    const note = read("notes/fashion-mnist.md");
    expect(withTables(note, study)).toBe(note);
    for (const outcome of study.outcomes) expect(note).toContain(studyTable(outcome));
  });

  it("holds three seeds a race, the same rivals in each", () => {
    for (const { seeds, rivals } of study.outcomes) {
      expect(seeds).toBe(3);
      expect(rivals.map(({ name }) => name)).toEqual(["sgd", "adam", "kfac", "skfac", "tuned"]);
    }
  });
});

describe("studyTable", () => {
  it("says what was not reached", () => {
    const spread = { median: 0.8123, low: 0.8, high: 0.82, seeds: 3 };
    const rival = { name: "sgd", options: {}, accuracy: [spread, spread, spread], stepsToTarget: null };
    const table = studyTable({
      model: "lenet",
      epochs: 1,
      steps: 400,
      looks: [100, 200, 400],
      seeds: 3,
      target: 0.88,
      device: "cpu",
      rivals: [{ ...rival, secondsToTarget: null, msPerStep: 9.87 }],
    });
    expect(table).toContain("| step 100 | step 200 | step 400 |");
    expect(table).toContain("| 81.23 [80.00–82.00] |");
    expect(table).toContain("| not reached | not reached | 9.9 |");
  });
});
