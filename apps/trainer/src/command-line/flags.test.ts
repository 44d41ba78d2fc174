import { catalog } from "@kronograd/optimizers";
import { describe, expect, it } from "vitest";
import { commands } from "../commands/index.ts";
import { checkConfig, configFromPaths } from "../configuration/config.ts";
import { parseArguments } from "./arguments.ts";
import { flagsOf, kebab } from "./flags.ts";
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

  it("fills in places that a configuration has", () => {
    for (const { path } of flagsOf("train")) {
      const [first = ""] = path.split(".");
      expect(() =>
        checkConfig("flags", configFromPaths("flags", [[first === "options" ? path : "batch", 3]])),
      ).not.toThrow();
      if (first !== "options")
        expect(() => checkConfig("flags", { [first]: Symbol() }), path).toThrow(/is not possible/);
    }
  });
});

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
