import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { metricByName, metricCatalog } from "./metric-catalog.ts";

describe("metricCatalog", () => {
  it("has every file of metrics/, each with a line about it", () => {
    const files = readdirSync(new URL("./metrics", import.meta.url)).filter((name) =>
      /(?<!index|\.test)\.ts$/.test(name),
    );
    expect(Object.keys(metricCatalog)).toHaveLength(files.length);
    for (const { summary, make } of Object.values(metricCatalog)) {
      expect(summary.length).toBeGreaterThan(10);
      expect(["higher", "lower"]).toContain(make().better);
    }
  });
});

describe("metricByName", () => {
  it("makes a metric, whatever the case, with its options", () => {
    expect(metricByName("topkaccuracy", { k: 2 }).name).toBe("top2");
  });

  it("refuses an unknown name with the nearest", () => {
    expect(() => metricByName("acuracy")).toThrow('Did you mean "accuracy"?');
  });
});
