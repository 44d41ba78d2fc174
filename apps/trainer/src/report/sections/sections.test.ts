import { tablesOf, textOf } from "@kronograd/figures/testing";
import { describe, expect, it } from "vitest";
import { makeRival, type RunPlan } from "../testing/make-race.ts";
import { noticesSection } from "./notes.ts";
import { reportedSection } from "./reported.ts";
import { settings } from "./setup.ts";

const race = (plans: Readonly<Record<string, readonly RunPlan[]>>) => ({
  kind: "race" as const,
  race: null,
  rivals: Object.entries(plans).map(([name, runs], index) => makeRival(name, runs, index)),
});

describe("settings", () => {
  it("tells apart what all share, what is a rival's own, and what only differs between seeds", () => {
    const plan = (learningRate: number, cache: string) => ({
      config: { dtype: "float32", options: { learningRate }, cache },
    });
    const { shared, own } = settings(
      race({ sgd: [plan(0.1, "a"), plan(0.1, "b")], adam: [plan(0.2, "a"), plan(0.2, "b")] }),
    );
    expect(shared).toContainEqual(["dtype", "float32"]);
    expect(own).toEqual([
      { key: "optimizer", values: ["sgd", "adam"] },
      { key: "learningRate", values: ["0.1", "0.2"] },
    ]);
    expect([...shared.map(([key]) => key), ...own.map(({ key }) => key)]).not.toContain("cache");
  });
});

describe("noticesSection", () => {
  it("tells what several runs said once, and says who did", () => {
    const text = textOf(
      noticesSection(
        race({ kfac: [{ notices: ["low memory"] }, { notices: ["low memory"] }], sgd: [{ divergesAt: 5 }] }),
      ).text,
    );
    expect(text).toContain("run0 and run1 warning: low memory");
    expect(text.match(/low memory/g)?.length).toBe(1);
    expect(text).toContain("diverged at step 5: the loss stayed high");
  });
});

describe("reportedSection", () => {
  it("draws a jumpy number as medians in a band, and a smooth one as it is", () => {
    const reported = (step: number) => ({ damping: 0.03, klClip: step % 2 });
    const section = reportedSection(race({ kfac: [{ steps: 300, reported }] }));
    const [damping, klClip] = section?.text.split("<figure>").slice(1) ?? [];
    expect(damping).not.toContain("band");
    expect(klClip).toContain('class="band c0"');
    expect(klClip).toContain("Lines are medians of stretches of steps");
    expect(tablesOf(section?.text ?? "").get("KL clip coefficient: median over the seeds")?.[1]).toEqual(["1", "1"]);
  });
});
