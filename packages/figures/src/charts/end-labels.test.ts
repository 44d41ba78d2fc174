import { describe, expect, it } from "vitest";
import { spreadLabels } from "./end-labels.ts";

const label = (text: string, y: number, x = 350) => ({ text, index: 0, x, y });

describe("spreadLabels", () => {
  it("leaves labels that do not touch where their lines end", () => {
    expect(spreadLabels([label("a", 20), label("b", 40)], 10, 240).map(({ y }) => y)).toEqual([20, 40]);
  });

  it("pushes apart those that touch, in the order of their lines", () => {
    const placed = spreadLabels([label("c", 101), label("a", 100), label("b", 100.5)], 10, 240);
    expect(placed.map(({ text }) => text)).toEqual(["a", "b", "c"]);
    const gaps = placed.slice(1).map(({ y }, i) => y - (placed[i]?.y ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThan(11.5); // 12 units high; what is left after the last round is not seen
  });

  it("keeps a heap at the bottom within the drawing", () => {
    const placed = spreadLabels(
      ["a", "b", "c", "d"].map((text) => label(text, 240)),
      10,
      240,
    );
    expect(Math.max(...placed.map(({ y }) => y))).toBeLessThanOrEqual(240);
    expect(240 - (placed[0]?.y ?? 0)).toBeGreaterThan(33);
  });

  it("lets labels at the same height be when their lines end elsewhere", () => {
    expect(spreadLabels([label("a", 50, 100), label("b", 50, 300)], 10, 240).map(({ y }) => y)).toEqual([50, 50]);
  });

  it("cuts long names", () => {
    expect(spreadLabels([label("a very long name", 50)], 10, 240)[0]?.text).toBe("a very lo…");
  });
});
