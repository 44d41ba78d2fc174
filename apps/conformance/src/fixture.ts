/**
 * Reads a folder of golden fixtures. A file is `{format: 1, set, note, cases}`; everything that a case holds is checked here,
 * so that handlers meet well-formed cases only.
 */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DataError, sizeOf, UsageError } from "@kronograd/tensor";
import type { HostArray } from "@kronograd/testkit";

/** Anything in a case: numbers, texts, lists, `{shape, data}` tensors, and dictionaries of these. */
export type Json = number | string | boolean | null | readonly Json[] | HostArray | { readonly [key: string]: Json };

/** A dictionary that is not a tensor. */
export type Dictionary = { readonly [key: string]: Json };

export interface FixtureCase {
  readonly name: string;
  readonly op: string;
  /** File name without ".json". */
  readonly file: string;
  readonly params: Dictionary;
  readonly inputs: Dictionary;
  readonly expected: Dictionary;
  readonly tol: { readonly rtol: number; readonly rtol32: number };
}

/** Whether a value of a case is a tensor. */
export function isArray(value: unknown): value is HostArray {
  return isDictionary(value) && "shape" in value && "data" in value;
}

/** Whether a value of a case is a dictionary (or a tensor, which is written as one). */
export function isDictionary(value: unknown): value is Dictionary {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Read every case of a folder's `*.json` files, in order of file name.
 *
 * @throws {DataError}  the folder or a file cannot be read, or a file is not in the fixtures' format
 * @throws {UsageError} the folder holds no case
 */
export function readFixtures(folder: string): FixtureCase[] {
  let names: string[];
  try {
    names = readdirSync(folder)
      .filter((name) => name.endsWith(".json"))
      .sort();
  } catch (cause) {
    throw new DataError({
      where: folder,
      problem: "cannot read the folder",
      got: (cause as Error).message,
      help: "Name a folder of fixture files.",
      cause,
    });
  }
  const cases = names.flatMap((name) => readFile(join(folder, name), name.slice(0, -".json".length)));
  if (cases.length === 0) {
    throw new UsageError({
      where: folder,
      problem: "the folder holds no case",
      expected: "*.json files with cases",
      got: names,
      help: "Name a folder of fixture files.",
    });
  }
  return cases;
}

function readFile(path: string, file: string): FixtureCase[] {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path, "utf8"));
  } catch (cause) {
    throw new DataError({
      where: path,
      problem: "not readable as JSON",
      got: (cause as Error).message,
      help: "The file is damaged: get it again.",
      cause,
    });
  }
  if (!isDictionary(content) || content.format !== 1) {
    throw malformed(path, "not a fixture file", "format 1", isDictionary(content) ? content.format : typeof content);
  }
  if (!Array.isArray(content.cases))
    throw malformed(path, "has no list of cases", "cases: [...]", typeof content.cases);
  return content.cases.map((entry: Json, i: number) => checkCase(entry, `${path}, case ${i}`, file));
}

function checkCase(entry: Json, where: string, file: string): FixtureCase {
  if (!isDictionary(entry)) throw malformed(where, "a case must be a dictionary", "{name, op, …}", entry);
  const { name, op, params, inputs, expected, tol } = entry;
  if (typeof name !== "string" || typeof op !== "string")
    throw malformed(where, "name and op must be texts", "text", name ?? op);
  const place = `${where} ("${name}")`;
  for (const [key, value] of Object.entries({ params, inputs, expected })) {
    if (!isDictionary(value)) throw malformed(place, `${key} must be a dictionary`, "{…}", value);
    checkValue(value, `${place}, ${key}`);
  }
  if (!isDictionary(tol) || !isTolerance(tol.rtol) || !isTolerance(tol.rtol32)) {
    throw malformed(
      place,
      "tol must give rtol and rtol32",
      "numbers ≥ 0",
      isDictionary(tol) ? [tol.rtol, tol.rtol32] : tol,
    );
  }
  return {
    name,
    op,
    file,
    params: params as Dictionary,
    inputs: inputs as Dictionary,
    expected: expected as Dictionary,
    tol: { rtol: tol.rtol, rtol32: tol.rtol32 },
  };
}

const isTolerance = (value: Json | undefined): value is number => typeof value === "number" && value >= 0;

function checkValue(value: Json, where: string): void {
  if (Array.isArray(value)) {
    for (const item of value) checkValue(item, where);
  } else if (isArray(value)) {
    const { shape, data } = value;
    if (!isCounts(shape)) throw malformed(where, "a tensor's shape must be a list of sizes", "[2, 3]", shape);
    if (!Array.isArray(data) || !data.every(Number.isFinite))
      throw malformed(where, "a tensor's data must be finite numbers", "numbers", typeof data);
    if (data.length !== sizeOf(shape))
      throw malformed(where, `shape [${shape.join(", ")}] does not hold the data`, sizeOf(shape), data.length);
  } else if (isDictionary(value)) {
    for (const [key, item] of Object.entries(value)) checkValue(item, `${where}.${key}`);
  } else if (typeof value === "number" && !Number.isFinite(value)) {
    throw malformed(where, "numbers must be finite", "a finite number", value);
  }
}

const isCounts = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((n) => Number.isInteger(n) && n >= 0);

function malformed(where: string, problem: string, expected: unknown, got: unknown): DataError {
  return new DataError({
    where,
    problem,
    expected,
    got: typeof got === "object" && got !== null ? JSON.stringify(got) : got,
    help: "The file is damaged or of another kind: get it again.",
  });
}
