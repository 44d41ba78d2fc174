import { parseRivals } from "@kronograd/experiment";
import { describe, expect, it } from "vitest";
import type { Config } from "./config.ts";
import { optionsOf } from "./rival-options.ts";
import { tuned } from "./tuned.ts";

const refusal = (message: RegExp) =>
  expect.objectContaining({ name: "UsageError", message: expect.stringMatching(message) });

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
  });

  it("passes over options of a rival that does not run where a race.json has them, and over nothing else", () => {
    const file = layer({ rivals: { adam: { decay: 0.5 }, kfac: { decay: 0.25 } } }, "file");
    expect(given("kfac", file)?.options.decay).toBe(0.25);
    expect(given("sgd", file)?.options).toEqual(tuned.sgd?.options);
  });

  it("lets options in a rival's brackets beat all others", () => {
    const [own] = optionsOf(parseRivals("kfac(damping=5)"), [layer({ options: { damping: 1 } })]);
    expect(own).toMatchObject({ options: { damping: 5 }, tunedPoints: null });
  });

  it("does not take an option called __proto__ for anything but an unknown option", () => {
    const options = JSON.parse('{"__proto__": 1}') as Record<string, unknown>;
    expect(() => given("kfac", layer({ options }))).toThrow(refusal(/unknown option "__proto__"/));
    expect(
      given("kfac", layer({ rivals: JSON.parse('{"kfac": {"__proto__": {"damping": 9}}}') }))?.options.damping,
    ).toBe(tuned.kfac?.options.damping);
  });
});
