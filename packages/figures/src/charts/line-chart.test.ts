import { describe, expect, it } from "vitest";
import { xmlFaults } from "../testing/read-page.ts";
import { type Line, lineChart } from "./line-chart.ts";

const line = (label: string, index: number, more: Partial<Line> = {}): Line => ({
  label,
  index,
  places: [
    { x: 0, y: 0 },
    { x: 50, y: 1 },
    { x: 100, y: 0.5 },
  ],
  ...more,
});
const draw = (lines: readonly Line[]) =>
  lineChart({ title: "loss against <steps>", xLabel: "steps", x: [0, 100], y: [0, 1], kind: "linear", lines }).text;

describe("lineChart", () => {
  it("puts values where the axes say: 44 … 344 across, 241 … 10 down", () => {
    expect(draw([line("a", 0)])).toContain('d="M44 241L194 10L344 125.5"');
  });

  it("draws lines in different dashes, with their names at the ends", () => {
    const text = draw([line("SGD", 0), line("Adam", 1)]);
    const dashes = [...text.matchAll(/class="line c\d" stroke-dasharray="([^"]*)"/g)].map(([, dash]) => dash);
    expect(dashes).toEqual(["none", "7 3"]);
    expect(text).toMatch(/class="end c0"[^>]*>SGD</);
    expect(text).toMatch(/class="end c1"[^>]*>Adam</);
  });

  it("draws a band where there is one", () => {
    expect(draw([line("a", 0)])).not.toContain("band");
    const text = draw([
      line("a", 2, {
        low: [
          { x: 0, y: 0 },
          { x: 100, y: 0 },
        ],
        high: [
          { x: 0, y: 1 },
          { x: 100, y: 1 },
        ],
      }),
    ]);
    expect(text).toContain('class="band c2" d="M44 10L344 10L344 241L44 241Z"');
  });

  it("draws a stray to its end, with a mark that says why", () => {
    const text = draw([
      line("a", 0, {
        strays: [
          {
            places: [
              { x: 0, y: 0 },
              { x: 50, y: 7 },
            ],
            text: "a diverged at step 50",
          },
        ],
      }),
    ]);
    expect(text).toContain('class="stray c0" d="M44 241L194 10"'); // 7 lies beyond the axis: it comes to its end
    expect(text).toContain('class="diverged c0" d="M190 6l8 8m0 -8l-8 8"><title>a diverged at step 50</title>');
  });

  it("draws a line at the target, which is among the ticks", () => {
    const text = lineChart({
      title: "t",
      xLabel: "steps",
      x: [0, 1],
      y: [0, 1],
      kind: "linear",
      lines: [],
      guide: 0.3,
    }).text;
    expect(text).toContain('class="guide" d="M44 171.7H344"');
    expect(text).toMatch(/y="175\.2" text-anchor="end">0\.3</);
  });

  it("is well-formed, escapes its texts, and says in words what it shows", () => {
    const text = draw([
      line('<b>"&', 0, { dots: [{ x: 1, y: 1, step: 1, text: "<i>" }] }),
      line("empty", 1, { places: [] }),
    ]);
    expect(xmlFaults(text)).toEqual([]);
    expect(text).toContain('role="img" aria-label="loss against &lt;steps&gt;"');
  });
});
