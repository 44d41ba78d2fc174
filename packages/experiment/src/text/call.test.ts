import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type OptionValue, parseCall, parseValue, printCall, printValue, splitOutside } from "./call.ts";

const parse = (text: string) => parseCall("--data", text);
/** Values as they stand in JSON; −0 is 0 there. */
const values = fc
  .jsonValue({ maxDepth: 2 })
  .filter((value) => !JSON.stringify(value).includes("-0"))
  .map((value) => JSON.parse(JSON.stringify(value)) as OptionValue);
const words = fc.stringMatching(/^[a-zA-Z][\w-]{0,8}$/);

describe("parseCall", () => {
  it("reads names with and without options", () => {
    expect(parse("spiral")).toEqual({ name: "spiral", options: {} });
    expect(parse(" spiral ( ) ")).toEqual({ name: "spiral", options: {} });
    expect(parse("spiral(turns=1.5, noise = 0.02)")).toEqual({ name: "spiral", options: { turns: 1.5, noise: 0.02 } });
  });

  it("does not split at commas within brackets or quotes", () => {
    const { options } = parse('kfac(damping=warmup(10,linear(1,0)),groups=[{"match":"b,)"}],labels="a,b",pi=false)');
    expect(options).toEqual({
      damping: "warmup(10,linear(1,0))",
      groups: [{ match: "b,)" }],
      labels: "a,b",
      pi: false,
    });
  });

  it("takes the last brackets of a path with brackets", () => {
    expect(parse("./my(1).ts")).toEqual({ name: "./my(1).ts", options: {} });
    expect(parse("./my(1).ts(rank=3)")).toEqual({ name: "./my(1).ts", options: { rank: 3 } });
  });

  it("reads back every call that it writes", () => {
    const options = fc.dictionary(words, values, { maxKeys: 4, noNullPrototype: true });
    fc.assert(
      fc.property(words, options, (name, given) => {
        expect(parse(printCall({ name, options: given }))).toEqual({ name, options: given });
      }),
    );
  });

  it.each(["a(b)", "a(=1)", "a(b=1,)", "a(b=1,b=2)", "a(b c=1)"])("refuses %j", (text) => {
    expect(() => parse(text)).toThrow(expect.objectContaining({ name: "UsageError" }));
  });

  it("is not changed by an option called __proto__", () => {
    const { options } = parse("a(__proto__=1)");
    expect(Object.keys(options)).toEqual(["__proto__"]);
  });
});

describe("parseValue, printValue", () => {
  it("read back any text and any value", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), values), (value) => {
        expect(parseValue(printValue(value))).toEqual(value);
      }),
    );
  });

  it("quote only what would be read as something else", () => {
    const texts = ["linear(1,0)", "exact", "0.1", "null", "a,b", "a)", "", " a", 'say "a"'];
    expect(texts.map(printValue)).toEqual([
      "linear(1,0)",
      "exact",
      '"0.1"',
      '"null"',
      '"a,b"',
      '"a)"',
      '""',
      '" a"',
      '"say \\"a\\""',
    ]);
  });
});

describe("splitOutside", () => {
  it("keeps what is in brackets together", () => {
    expect(splitOutside("a(1,2),b,[3,4]", ",")).toEqual(["a(1,2)", "b", "[3,4]"]);
    expect(splitOutside("", ",")).toEqual([""]);
  });
});
