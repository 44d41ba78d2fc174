import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseCsv } from "./csv.ts";

const ascii = (text: string) => new TextEncoder().encode(text);
const cells = (text: string, separator?: string) =>
  parseCsv(ascii(text), separator === undefined ? {} : { separator }).map((row) => row.cells);
const refusal = (details: Record<string, unknown>) =>
  expect.objectContaining({ name: "DataError", details: expect.objectContaining({ file: "CSV file", ...details }) });

describe("parseCsv", () => {
  it.each([
    [
      "plain cells",
      "a,b\n1,2\n",
      [
        ["a", "b"],
        ["1", "2"],
      ],
    ],
    [
      "no line break at the end",
      "a,b\n1,2",
      [
        ["a", "b"],
        ["1", "2"],
      ],
    ],
    [
      "CRLF",
      "a,b\r\n1,2\r\n",
      [
        ["a", "b"],
        ["1", "2"],
      ],
    ],
    [
      "empty cells",
      ",\n1,\n,2",
      [
        ["", ""],
        ["1", ""],
        ["", "2"],
      ],
    ],
    [
      "quotes",
      '"a,b","say ""x"""\n"","c"\n',
      [
        ["a,b", 'say "x"'],
        ["", "c"],
      ],
    ],
    [
      "line breaks in quotes",
      '"a\nb",1\r\n"c\r\nd",2',
      [
        ["a\nb", "1"],
        ["c\r\nd", "2"],
      ],
    ],
    ["blank lines", "\na\n\nb\n\n", [["a"], ["b"]]],
    ["a byte order mark", "\ufeffa\n1\n", [["a"], ["1"]]],
    [
      "spaces, kept",
      " a , b\n1,2",
      [
        [" a ", " b"],
        ["1", "2"],
      ],
    ],
    ["nothing", "", []],
  ])("reads %s", (_, text, expected) => {
    expect(cells(text)).toEqual(expected);
  });

  it("takes another separator", () => {
    expect(cells("a\tb\n1\t2", "\t")).toEqual([
      ["a", "b"],
      ["1", "2"],
    ]);
    expect(cells("1,5;2,5", ";")).toEqual([["1,5", "2,5"]]);
    expect(cells("1^2\n", "^")).toEqual([["1", "2"]]);
    expect(() => cells("a", ", ")).toThrow(expect.objectContaining({ name: "UsageError" }));
  });

  it("counts lines of the file, over blank lines and line breaks in quotes", () => {
    expect(parseCsv(ascii('a\n\n"b\nc"\nd')).map((row) => row.line)).toEqual([1, 3, 5]);
  });

  it.each([
    ["a row too short", "a,b\n1\n", { row: 2, expected: 2, got: 1 }],
    ["a row too long", "a,b\n1,2\n1,2,3\n", { row: 3, expected: 2, got: 3 }],
    ["a quote that is not closed", 'a,b\n1,"2\n', { row: 2, column: 2 }],
    ["a quote inside a cell", 'a,b\n1,2"\n', { row: 2, column: 2 }],
    ["text after a quoted cell", '"a"b,1\n', { row: 1, column: 1 }],
  ])("refuses %s", (_, text, details) => {
    expect(() => cells(text)).toThrow(refusal(details));
  });

  it("refuses bytes that are not UTF-8", () => {
    expect(() => parseCsv(Uint8Array.of(0x61, 0xff))).toThrow(refusal({}));
  });

  it("gives back any table that was quoted", () => {
    const table = fc.integer({ min: 1, max: 4 }).chain((width) =>
      fc.array(
        fc.array(fc.string(), { minLength: width, maxLength: width }).map((row) => ["x", ...row]),
        { minLength: 1 },
      ),
    );
    fc.assert(
      fc.property(table, fc.constantFrom("\n", "\r\n"), (rows, end) => {
        const text = rows.map((row) => row.map((cell) => `"${cell.replaceAll('"', '""')}"`).join()).join(end);
        expect(cells(text)).toEqual(rows);
      }),
    );
  });

  it("either reads or refuses a table cut short at any byte", () => {
    const whole = ascii('a,"b\nc",d\r\n1,"2",3\r\n');
    for (let length = 0; length < whole.length; length++) {
      try {
        expect(parseCsv(whole.subarray(0, length)).every((row) => row.cells.length <= 3)).toBe(true);
      } catch (error) {
        expect(error).toMatchObject({ name: "DataError" });
      }
    }
  });
});
