import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../e2e/command.ts";
import { checkConfig, configFromPaths, parseSet, readConfig } from "./config.ts";

const refusal = (message: RegExp) =>
  expect.objectContaining({ name: "UsageError", message: expect.stringMatching(message) });

describe("checkConfig", () => {
  it("takes settings, and passes over what run.json records beside them", () => {
    const config = checkConfig("run.json", {
      batch: 64,
      rival: "kfac",
      versions: { node: "v24" },
      initialWeights: "ab",
    });
    expect(config).toEqual({ batch: 64 });
  });

  it("throws UsageError for an unknown setting, with the nearest", () => {
    expect(() => checkConfig("run.json", { bacth: 64 })).toThrow(
      refusal(/unknown setting "bacth"\. Did you mean "batch"\?/),
    );
  });

  it("throws UsageError for a value of another kind, naming its place", () => {
    expect(() => checkConfig("run.json", { batch: "64" })).toThrow(
      refusal(/setting "batch" is not possible \(expected a whole number ≥ 1, got "64"\)/),
    );
    expect(() => checkConfig("run.json", { batch: 0 })).toThrow(refusal(/expected a whole number ≥ 1, got 0/));
    expect(() => checkConfig("run.json", { rivals: { kfac: 3 } })).toThrow(refusal(/setting "rivals\.kfac"/));
    for (const value of [null, [], 3]) expect(() => checkConfig("run.json", value)).toThrow(refusal(/is an object/));
  });
});

describe("readConfig", () => {
  it("throws UsageError for a file that is missing or no JSON", () => {
    using folder = temporaryFolder();
    const file = join(folder.path, "config.json");
    expect(() => readConfig(file)).toThrow(refusal(/there is no such configuration file/));
    writeFileSync(file, "{");
    expect(() => readConfig(file)).toThrow(refusal(/is not JSON/));
    writeFileSync(file, '{"seed": 3}');
    expect(readConfig(file)).toEqual({ seed: 3 });
  });
});

describe("configFromPaths", () => {
  it("builds nested settings; the later of two holds", () => {
    const pairs = [["options.damping", 1], ["options.decay", 2], ["batch", 3], ["options.damping", 4]] as const; // biome-ignore format: pairs
    expect(configFromPaths("--set", pairs)).toEqual({ options: { damping: 4, decay: 2 }, batch: 3 });
  });

  it("refuses __proto__.polluted=1 as it does any path that no setting has", () => {
    for (const path of ["__proto__.polluted", "constructor.prototype.polluted", "bacth", "batch.size", "options.a.b"]) {
      expect(() => configFromPaths("--set", [[path, 1]]), path).toThrow(refusal(/^--set: unknown setting "/));
    }
    const options = configFromPaths("--set", [["options.__proto__", { polluted: 1 }]]).options ?? {};
    expect(Object.keys(options)).toEqual(["__proto__"]); // an option of that name, which no optimizer has
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
    expect((options as { polluted?: number }).polluted).toBeUndefined();
  });

  it("takes options as one object too", () => {
    expect(
      configFromPaths("--set", [
        ["rivals.kfac", { damping: 1 }],
        ["rivals.kfac.decay", 0.5],
      ]),
    ).toEqual({
      rivals: { kfac: { damping: 1, decay: 0.5 } },
    });
  });
});

describe("parseSet", () => {
  it("reads values as JSON where they are, as text else", () => {
    expect(parseSet("batch=64")).toEqual(["batch", 64]);
    expect(parseSet("options.learningRate=linear(0.1, 0)")).toEqual(["options.learningRate", "linear(0.1, 0)"]);
    expect(parseSet("options.klClip=null")).toEqual(["options.klClip", null]);
    expect(parseSet("until=eval.loss<0.1")).toEqual(["until", "eval.loss<0.1"]);
  });

  it("throws UsageError without a path or a value", () => {
    for (const text of ["batch", "=3"]) expect(() => parseSet(text)).toThrow(refusal(/wants path=value/));
  });
});
