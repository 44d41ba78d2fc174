/** The header of a .npy file: the text of a Python dictionary with exactly three keys. */

import { dataError, getAgain } from "../data-error.ts";

/** Contents of a .npy header. */
export interface NpyHeader {
  /** NumPy's type code with its byte order: `<f4`. */
  readonly descr: string;
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
}

const entry = /\s*(['"])(\w+)\1\s*:\s*('[^']*'|"[^"]*"|\w+|\([^()]*\)|\[.*\])\s*(,|$)/sy;
// A tuple: (), (3,), (3, 4) or (3, 4,); Python 2 wrote long integers as 3L.
const tuple = /^\(\s*(?:\d+L?\s*,\s*(?:\d+L?\s*,\s*)*(?:\d+L?\s*)?)?\)$/;

/**
 * Parse the dictionary; only what NumPy writes is understood.
 *
 * @throws {DataError}  other keys, values or syntax
 */
export function parseNpyHeader(text: string, file: string): NpyHeader {
  const refuse = (expected: string, got: string) =>
    dataError(file, "header cannot be read", { expected, got, help: getAgain });
  const body = /^\s*\{(.*)\}\s*$/s.exec(text)?.[1]?.trim();
  if (body === undefined) throw refuse("a dictionary { … }", text.trim().slice(0, 80));
  const values = new Map<string, string>();
  entry.lastIndex = 0;
  for (let end = 0; end < body.length; end = entry.lastIndex) {
    const match = entry.exec(body);
    if (match === null) throw refuse("'key': value", body.slice(end, end + 80));
    const [, , key, value] = match as unknown as [string, string, string, string];
    if (values.has(key)) throw refuse("each key once", key);
    values.set(key, value);
  }
  const keys = [...values.keys()].sort().join(", ");
  if (keys !== "descr, fortran_order, shape") throw refuse("the keys descr, fortran_order, shape", keys);

  const [descr, order, shape] = ["descr", "fortran_order", "shape"].map((key) => values.get(key)!) as [
    string,
    string,
    string,
  ];
  const type = /^(['"])([<>|=]\w+)\1$/.exec(descr)?.[2];
  if (type === undefined)
    throw refuse("a plain dtype such as '<f4' (structured arrays and objects are not read)", descr);
  if (order !== "True" && order !== "False") throw refuse("fortran_order True or False", order);
  if (!tuple.test(shape)) throw refuse("shape as a tuple of whole numbers", shape);
  const sizes = (shape.match(/\d+/g) ?? []).map(Number);
  return { descr: type, fortranOrder: order === "True", shape: sizes };
}
