import { describe, expect, it } from "vitest";
import type { Config } from "./config.ts";
import { optionsOf } from "./rival-options.ts";
import { isFile, parseRivals } from "./rivals.ts";
import { tuned } from "./tuned.ts";

const refusal = (message: RegExp) =>
  expect.objectContaining({ name: "UsageError", message: expect.stringMatching(message) });

describe("parseRivals", () => {
  it("names each optimizer by itself, by the name before =, or by its file", () => {
    expect(parseRivals("adam, slow=kfac,./mine/own.ts,KFAC")).toEqual([
      { name: "adam", optimizer: "adam" },
      { name: "slow", optimizer: "kfac" },
      { name: "own", optimizer: "./mine/own.ts" },
      { name: "kfac", optimizer: "kfac" },
    ]);
  });

  it("throws UsageError for an unknown optimizer, two of one name, no name, and names that are no folder's", () => {
    expect(() => parseRivals("sgd,skfca")).toThrow(refusal(/Did you mean "skfac"/));
    expect(() => parseRivals("sgd,sgd")).toThrow(refusal(/two rivals are called "sgd"\. .*"other=sgd"/));
    expect(() => parseRivals("sgd,,adam")).toThrow(refusal(/has no name/));
    for (const name of ["../x", "a b", ""])
      expect(() => parseRivals(`${name}=sgd`)).toThrow(refusal(/letters, digits/));
  });
});

describe("isFile", () => {
  it("goes by the ending", () => {
    expect(["./a.ts", "b.mjs", "/c.js"].every(isFile)).toBe(true);
    expect(["kfac", "adam", "x.json"].some(isFile)).toBe(false);
  });
});

describe("optionsOf", () => {
  const layer = (config: Config, from: "file" | "set" | "flags" = "flags") => ({ from, config });
  const given = (name: string, ...layers: ReturnType<typeof layer>[]) => {
    const all = optionsOf(parseRivals("sgd,kfac"), layers);
    return all.find((rival) => rival.name === name);
  };

  it("starts from what tune found", () => {
    expect(given("sgd")).toMatchObject({ options: tuned.sgd?.options ?? {}, tunedPoints: tuned.sgd?.points ?? null });
  });

  it("gives an option for all to those that have it", () => {
    const options = layer({ options: { damping: 0.5, learningRate: 0.25 } });
    expect(given("kfac", options)?.options).toMatchObject({ damping: 0.5, learningRate: 0.25 });
    expect(given("sgd", options)?.options).toMatchObject({ learningRate: 0.25 });
    expect(given("sgd", options)?.options).not.toHaveProperty("damping");
  });

  it("lets a later layer beat an earlier, and one's own options those for all", () => {
    const file = layer({ options: { damping: 1 }, rivals: { kfac: { damping: 2 } } }, "file");
    expect(given("kfac", file)?.options.damping).toBe(2);
    expect(given("kfac", file, layer({ options: { damping: 3 } }))?.options.damping).toBe(3);
  });

  it("no longer counts options that were changed by hand as tuned", () => {
    expect(given("kfac", layer({ options: { damping: 77 } }))?.tunedPoints).toBeNull();
  });

  it("throws UsageError for an option that no rival has, and for options of one that does not run", () => {
    expect(() => given("sgd", layer({ options: { dampng: 1 } }))).toThrow(
      refusal(/unknown option "dampng".*Did you mean "damping"/),
    );
    expect(() => given("sgd", layer({ rivals: { kfca: {} } }, "set"))).toThrow(refusal(/Did you mean "kfac"/));
    expect(given("sgd", layer({ rivals: { adam: {} } }, "file"))).toBeDefined(); // a race.json with fewer rivals
  });
});
