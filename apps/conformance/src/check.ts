/** Compares what a handler computed with what its case expects, name by name and norm-wise. */

import { scope } from "@kronograd/tensor";
import { compare, download, type HostArray, isTensor } from "@kronograd/testkit";
import { isArray, isDictionary, type Json } from "./fixture.ts";
import type { Result } from "./handler.ts";

/** One value that differs, or could not be computed. */
export interface Mismatch {
  /** Path in `expected`, "layers.fc0.A". */
  readonly path: string;
  readonly message: string;
}

/** What was compared: the largest relative error, and every mismatch. */
export interface Check {
  readonly compared: number;
  readonly error: number;
  readonly mismatches: readonly Mismatch[];
}

/**
 * Wanted values below this are what rounding leaves of numbers of size one that cancel (the gradient of a bias that softmax
 * does not see), which is to say 0.
 */
const vanishing = 1e-14;

/** Compare results with `expected`, which says what must be there: max|got − want| ≤ rtol · max|want|. */
export async function check(
  results: Result | undefined,
  expected: Json,
  tolerance: { rtol: number; zero: number },
): Promise<Check> {
  const mismatches: Mismatch[] = [];
  let error = 0;
  let compared = 0;
  const fail = (path: string, message: string) => void mismatches.push({ path, message });

  const visit = async (got: Result | undefined, want: Json, path: string): Promise<void> => {
    if (got === undefined) return fail(path, "is expected but not computed");
    if (typeof got === "function") return visit(scope(got), want, path);
    const wanted = numbers(want);
    if (wanted !== null) {
      const found = await values(got);
      if (found === null) return fail(path, "is expected to be numbers");
      const largest = Math.max(0, ...Array.from(wanted.data, Math.abs));
      const {
        pass,
        relative,
        error: absolute,
        message,
      } = compare(found, wanted, largest < vanishing ? { rtol: 0, atol: tolerance.zero } : { rtol: tolerance.rtol });
      compared += 1;
      error = Math.max(error, largest < vanishing ? absolute : relative);
      if (!pass) fail(path, message);
    } else if (Array.isArray(want)) {
      if (!Array.isArray(got) || got.length !== want.length)
        return fail(path, `is expected to be a list of ${want.length}`);
      for (const [i, item] of want.entries()) await visit(got[i] as Result, item as Json, `${path}[${i}]`);
    } else if (isDictionary(want)) {
      for (const [name, item] of Object.entries(want)) {
        await visit((got as { readonly [name: string]: Result })[name], item, path === "" ? name : `${path}.${name}`);
      }
    } else {
      compared += 1;
      if (got !== want) fail(path, `got ${String(got)}, want ${String(want)}`);
    }
  };
  await visit(results, expected, "");
  return { compared, error, mismatches };
}

/** A number, a plain list of numbers or a tensor; null for anything else. */
function numbers(value: Json): HostArray | null {
  if (typeof value === "number") return { shape: [], data: [value] };
  if (isArray(value)) return value;
  if (Array.isArray(value) && value.length > 0 && value.every((x) => typeof x === "number"))
    return { shape: [value.length], data: value as number[] };
  return null;
}

async function values(got: Exclude<Result, () => Result>): Promise<HostArray | null> {
  if (isTensor(got)) return download(got);
  return numbers(got as Json);
}
