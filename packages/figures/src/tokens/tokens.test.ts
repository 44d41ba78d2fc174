import { describe, expect, it } from "vitest";
import { distance, visions } from "../../testing/colour.ts";
import { contrast } from "./contrast.ts";
import { type ColourToken, dark, light, phaseNames } from "./tokens.ts";

const themes = { light, dark } as const;
const rivals = ["r0", "r1", "r2", "r3", "r4", "r5"] as const;
const papers = ["page", "panel"] as const;

describe.each(["light", "dark"] as const)("tokens, %s", (name) => {
  const theme: Readonly<Record<ColourToken, string>> = themes[name];

  it("keep text, and names in a rival's colour, at 4.5 : 1 on page and panel", () => {
    for (const paper of papers) {
      for (const text of ["ink", "ink-2", "ink-3", "good", "bad", ...rivals] as const)
        expect(contrast(theme[text], theme[paper]), `${text} on ${paper}`).toBeGreaterThan(4.5);
    }
    expect(contrast(theme["on-ink"], theme.ink)).toBeGreaterThan(4.5);
  });

  it("keep the borders of controls at 3 : 1 on page and panel", () => {
    for (const paper of papers) expect(contrast(theme.edge, theme[paper]), paper).toBeGreaterThan(3);
  });

  it.each(visions)("keep every two rivals apart in %s vision", (vision) => {
    const pairs = rivals.flatMap((a, i) => rivals.slice(0, i).map((b) => distance(theme[a], theme[b], vision)));
    expect(Math.min(...pairs)).toBeGreaterThan(7.7);
  });

  it("let every part of a step carry its name in ink or on-ink at 4.5 : 1", () => {
    for (const phase of phaseNames) {
      const fill = theme[`ph-${phase}`];
      expect(Math.max(contrast(theme.ink, fill), contrast(theme["on-ink"], fill)), phase).toBeGreaterThan(4.5);
    }
  });
});

describe("distance", () => {
  it("is 100 between black and white, and small where cones are lacking that would tell", () => {
    expect(distance("#000000", "#ffffff")).toBeCloseTo(100, 3);
    const [normal, , deutan] = visions.map((vision) => distance("#cc3311", "#6a7a00", vision));
    expect(deutan).toBeLessThan(0.5 * (normal as number));
  });
});
