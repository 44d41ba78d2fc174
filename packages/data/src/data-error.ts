/** How readers refuse a file: a DataError that names the file, the place in it, both values, and the remedy. */

import { DataError } from "@kronograd/tensor";

/** A place in a file: a byte offset, or a row (a line of the file, from 1) and a column (its name, or its number from 1). */
export interface Place {
  readonly byte?: number;
  readonly row?: number;
  readonly column?: string | number;
}

interface Refusal extends Place {
  readonly expected?: unknown;
  readonly got?: unknown;
  readonly help: string;
  readonly cause?: unknown;
}

/** Make the error; the caller throws it, so that the compiler sees where control ends. */
export function dataError(file: string, problem: string, refusal: Refusal): DataError {
  const { byte, row, column, expected, got, help, cause } = refusal;
  const place = [
    byte === undefined ? "" : `byte ${byte}`,
    row === undefined ? "" : `row ${row}`,
    column === undefined ? "" : `column ${typeof column === "string" ? `"${column}"` : column}`,
  ].filter((part) => part !== "");
  const details = Object.entries({ file, byte, row, column, expected, got }).filter(([, value]) => value !== undefined);
  return new DataError({
    where: [file, ...place].join(", "),
    problem,
    expected,
    got,
    help,
    details: Object.fromEntries(details),
    ...(cause === undefined ? {} : { cause }),
  });
}

/** The remedy for a file that is cut short or altered. */
export const getAgain = "The file is damaged or of another kind: get it again.";

/** Print bytes as a message shows them: `00 00 08 03`. */
export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
}
