import { kebab } from "@kronograd/experiment";
import { catalog } from "@kronograd/optimizers";
import { describe, expect, it } from "vitest";
import { commands } from "../commands/index.ts";
import { checkConfig, configFromPaths } from "../configuration/config.ts";
import { parseArguments } from "./arguments.ts";
import { flagsOf } from "./flags.ts";
import { helpFor } from "./help.ts";

describe("flagsOf", () => {
  it("has every option of every optimizer once, but for lists of groups", () => {
    const names = flagsOf("train").map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const { options } of Object.values(catalog)) {
      for (const [option, { kind }] of Object.entries(options))
        expect(names.includes(kebab(option))).toBe(kind !== "groups");
    }
  });

  it("takes truth values as switches: --flag and --no-flag", () => {
    const parse = (...argv: string[]) => Object.fromEntries(parseArguments("train", argv, flagsOf("train"), []).values);
    expect(parse("--nesterov", "--no-pi", "--batch", "3")).toEqual({
      "options.nesterov": true,
      "options.pi": false,
      batch: 3,
    });
    for (const { options } of Object.values(catalog)) {
      for (const [option, { kind }] of Object.entries(options)) {
        const flag = flagsOf("train").find(({ name }) => name === kebab(option));
        if (kind !== "groups") expect(flag?.read === "switch", option).toBe(kind === "flag");
      }
    }
  });

  it("gives each short name to one flag", () => {
    const shorts = flagsOf("race").flatMap(({ short }) => short ?? []);
    expect(new Set(shorts).size).toBe(shorts.length);
  });

  it.each(flagsOf("train").map((flag) => [flag.name, flag] as const))(
    "--%s fills in a place that a configuration has, with what it has read",
    (_, { name, path, read }) => {
      const value = read === "switch" ? true : read(`--${name}`, samples[name] ?? "1");
      const config = configFromPaths("flags", [[path, value]]);
      const [first = "", second] = path.split(".");
      const place = (config as Record<string, unknown>)[first];
      expect(second === undefined ? place : (place as Record<string, unknown>)[second]).toEqual(value);
    },
  );

  it("reads no value that a configuration refuses", () => {
    for (const { name, path, read } of flagsOf("train")) {
      if (read === "switch" || path.startsWith("options.")) continue;
      expect(() => checkConfig("file", { [path]: Symbol() }), path).toThrow(/is not possible/);
      expect(() => read(`--${name}`, ""), name).toThrow(/value cannot be read/);
    }
  });
});

/** Texts of flags that do not read "1". */
const samples: Readonly<Record<string, string>> = {
  task: "regression",
  schedule: "cosine",
  dtype: "float64",
  fast: "revectorize",
  render: "plain",
};

describe("helpFor", () => {
  it.each(commands.map((command) => [command.name, command] as const))("tells every flag of %s", (_, command) => {
    const text = helpFor(command);
    for (const { name } of command.flags) expect(text).toContain(`--${name}`);
    for (const { name, hidden } of command.own) expect(text.includes(`--${name} `)).toBe(hidden !== true);
    expect(text).toContain("--help");
  });

  it("says what a flag does and what it is without it", () => {
    const train = commands.find(({ name }) => name === "train");
    expect(helpFor(train as (typeof commands)[number])).toMatch(/ {2}-s, --seed <n> +decides .* \(default: 0\)/);
  });
});
