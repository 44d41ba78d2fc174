import { kinds } from "@kronograd/experiment";
import { describe, expect, it } from "vitest";
import { type OwnFlag, parseArguments } from "./arguments.ts";
import type { Flag } from "./flags.ts";

const flags: readonly Flag[] = [
  { name: "batch", group: "batch", path: "batch", read: kinds.count.read, help: "" },
  { name: "seed", short: "s", group: "batch", path: "seed", read: kinds.whole.read, help: "" },
  { name: "report", group: "output", path: "report", read: "switch", help: "" },
  { name: "damping", group: "options", path: "options.damping", read: (_, text) => text, help: "" },
];
const own: readonly OwnFlag[] = [{ name: "set", value: "<x>", help: "", many: true }];
const parse = (...argv: string[]) => parseArguments("train", argv, flags, own);
const refusal = (message: string | RegExp) =>
  expect.objectContaining({ name: "UsageError", message: expect.stringMatching(message) });

describe("parseArguments", () => {
  it("reads values by the table, under the paths of the configuration", () => {
    const { values, positionals } = parse("--batch", "64", "-s", "3", "here", "--damping=0.1");
    expect(Object.fromEntries(values)).toEqual({ batch: 64, seed: 3, "options.damping": "0.1" });
    expect(positionals).toEqual(["here"]);
  });

  it("turns switches on and off", () => {
    expect(parse("--report").values.get("report")).toBe(true);
    expect(parse("--no-report").values.get("report")).toBe(false);
    expect(parse().values.has("report")).toBe(false);
  });

  it("takes the last of a flag that is given twice, and all of one that may be", () => {
    const { values, own } = parse("--batch", "1", "--batch", "2", "--set", "a", "--set", "b");
    expect(values.get("batch")).toBe(2);
    expect(own.get("set")).toEqual(["a", "b"]);
  });

  it("takes a negative number after =", () => {
    expect(parse("--damping=-1").values.get("options.damping")).toBe("-1");
  });

  it("throws UsageError with the nearest flag", () => {
    expect(() => parse("--bacth", "3")).toThrow(refusal(/unknown flag "--bacth"\. Did you mean "--batch"\?/));
    expect(() => parse("--no-batch")).toThrow(refusal(/unknown flag "--no-batch"/));
    expect(() => parse("-x")).toThrow(refusal(/unknown flag "-x"/));
  });

  it("throws UsageError for a value that is missing, too much, or unreadable", () => {
    expect(() => parse("--batch")).toThrow(refusal(/^--batch: needs a value/));
    expect(() => parse("--report=3")).toThrow(refusal(/^--report: takes no value \(got "3"\)/));
    expect(() => parse("--batch", "many")).toThrow(
      refusal(/^--batch: value cannot be read \(expected a whole number ≥ 1, got many\)/),
    );
  });
});
