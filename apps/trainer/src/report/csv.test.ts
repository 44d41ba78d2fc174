import { describe, expect, it } from "vitest";
import { csvLink, measurementsCsv } from "./csv.ts";
import { makeRival } from "./testing/make-race.ts";

describe("measurementsCsv", () => {
  it("has one row for each evaluation of each seed, with the mean of the training losses in between", () => {
    const rival = makeRival("adam", [
      { seed: 3, steps: 4, evaluateEvery: 2, loss: (step) => step + 1, accuracy: (step) => step / 8, msPerStep: 500 },
    ]);
    const [header, ...rows] = measurementsCsv({ rivals: [rival] })
      .trimEnd()
      .split("\n");
    expect(header).toMatch(/^rival,seed,step \(steps\),examples \(examples\),seconds \(s of training\)/);
    expect(rows).toEqual(["adam,3,0,0,0,1,0,", "adam,3,2,20,1,3,0.25,1.5", "adam,3,4,40,2,5,0.5,3.5"]);
  });

  it("quotes names that need it and disarms formulas", () => {
    const rows = (name: string) => measurementsCsv({ rivals: [makeRival(name, [{ steps: 1 }])] }).split("\n")[1];
    expect(rows('a,"b"')).toMatch(/^"a,""b""",0,/);
    expect(rows("=1+1")).toMatch(/^'=1\+1,0,/);
  });
});

describe("csvLink", () => {
  it("holds the text itself", () => {
    const text = 'a,b\n"1 % #",é\n';
    const link = csvLink(text);
    expect(decodeURIComponent(link.slice(link.indexOf(",") + 1))).toBe(text);
    expect(link).not.toMatch(/[\n"#]/);
  });
});
