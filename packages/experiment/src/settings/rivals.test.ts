import { describe, expect, it } from "vitest";
import { hasOption, parseRivals, printRivals } from "./rivals.ts";

const refusal = (message: RegExp) =>
  expect.objectContaining({ name: "UsageError", message: expect.stringMatching(message) });

describe("parseRivals", () => {
  it("names each optimizer by itself, by the name before =, or by its file", () => {
    expect(parseRivals("adam, slow=kfac,./mine/own.ts,KFAC")).toEqual([
      { name: "adam", optimizer: "adam", options: {} },
      { name: "slow", optimizer: "kfac", options: {} },
      { name: "own", optimizer: "./mine/own.ts", options: {} },
      { name: "kfac", optimizer: "kfac", options: {} },
    ]);
  });

  it("throws UsageError for an unknown optimizer, two of one name, no name, and names that are no folder's", () => {
    expect(() => parseRivals("sgd,skfca")).toThrow(refusal(/Did you mean "skfac"/));
    expect(() => parseRivals("sgd,sgd")).toThrow(refusal(/two rivals are called "sgd"\. .*"other=sgd"/));
    expect(() => parseRivals("sgd,,adam")).toThrow(refusal(/has no name/));
    for (const name of ["../x", "a b", ""])
      expect(() => parseRivals(`${name}=sgd`)).toThrow(refusal(/letters, digits/));
  });

  it("reads options in brackets, with commas of their own, and semicolons as in links", () => {
    expect(
      parseRivals("sgd(learningRate=0.3,nesterov=true);slow=kfac(damping=linear(1,0.01)), ./own.ts(rank=3)"),
    ).toEqual([
      { name: "sgd", optimizer: "sgd", options: { learningRate: 0.3, nesterov: true } },
      { name: "slow", optimizer: "kfac", options: { damping: "linear(1,0.01)" } },
      { name: "own", optimizer: "./own.ts", options: { rank: 3 } },
    ]);
  });
});

describe("printRivals", () => {
  it("says a name only where it is not the optimizer's own", () => {
    const text = "sgd(learningRate=0.3),slow=kfac(damping=linear(1,0.01)),./own.ts,other=./own.ts";
    expect(printRivals(parseRivals(text))).toBe(text);
  });
});

describe("hasOption", () => {
  it("goes by the catalog; a file may take any", () => {
    expect(hasOption({ optimizer: "kfac" }, "damping")).toBe(true);
    expect(hasOption({ optimizer: "sgd" }, "damping")).toBe(false);
    expect(hasOption({ optimizer: "./own.ts" }, "damping")).toBe(true);
    expect(hasOption({ optimizer: "sgd" }, "constructor")).toBe(false);
  });
});
