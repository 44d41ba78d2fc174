/**
 * CSV as RFC 4180 has it: cells between separators, quoted where they hold a separator, a line break or a quote (doubled);
 * lines end with LF or CRLF. Blank lines are passed over.
 */

import { UsageError } from "@kronograd/tensor";
import { dataError } from "../data-error.ts";

/** One record of a CSV file. */
export interface CsvRow {
  readonly cells: readonly string[];
  /** The line of the file on which the record begins, from 1. */
  readonly line: number;
}

/** How `parseCsv` reads. */
export interface CsvParseOptions {
  /** The name that errors give the bytes. */
  readonly file?: string;
  /** One character. Default a comma. */
  readonly separator?: string;
}

/**
 * Parse CSV text into rows of equally many cells; a cell is never trimmed or converted.
 *
 * @param bytes  the file, UTF-8 with or without a byte order mark
 * @throws {DataError}   bytes that are not UTF-8, a quote that is not closed or stands inside a cell, or a row of another
 *                       length than the first
 * @throws {UsageError}  the separator is not one character
 * @example
 * parseCsv(new TextEncoder().encode('a,"b, c"\n'))[0]?.cells;   // ["a", "b, c"]
 */
export function parseCsv(bytes: Uint8Array, options: CsvParseOptions = {}): CsvRow[] {
  const { file = "CSV file", separator = "," } = options;
  const text = decode(bytes, file);
  const cellAndEnd = cellPattern(separator);
  const rows: CsvRow[] = [];
  let line = 1;
  while (cellAndEnd.lastIndex < text.length) {
    const cells: string[] = [];
    const first = line;
    let end: string;
    do {
      const at = cellAndEnd.lastIndex;
      const match = cellAndEnd.exec(text);
      if (match === null) throw badQuote(file, first, cells.length + 1, text.slice(at, at + 40));
      cells.push(match[1]?.replaceAll('""', '"') ?? match[2]!);
      line += match[0].split("\n").length - 1;
      end = match[3]!;
    } while (end === separator);
    if (cells.length > 1 || cells[0] !== "") rows.push({ cells, line: first });
  }
  const width = rows[0]?.cells.length;
  const ragged = rows.find(({ cells }) => cells.length !== width);
  if (ragged !== undefined) {
    throw dataError(file, "row has another number of cells than the first", {
      row: ragged.line,
      expected: width,
      got: ragged.cells.length,
      help: "Look for a file that is cut short, a stray separator, or a cell that wants quotes.",
    });
  }
  return rows;
}

/** A quoted or plain cell, then the separator, the line's end or the file's. */
function cellPattern(separator: string): RegExp {
  if (separator.length !== 1 || '"\r\n'.includes(separator)) {
    throw new UsageError({
      where: "parseCsv",
      problem: "separator must be one character",
      got: JSON.stringify(separator),
    });
  }
  const comma = `\\u${separator.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return new RegExp(`(?:"([^"]*(?:""[^"]*)*)"|([^"\\r\\n${comma}]*))(${comma}|\\r?\\n|\\r?$)`, "y");
}

function decode(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes); // drops a byte order mark
  } catch (cause) {
    throw dataError(file, "text is not UTF-8", { help: "Save the file as UTF-8.", cause });
  }
}

function badQuote(file: string, row: number, column: number, text: string) {
  return dataError(file, "cell is quoted wrongly", {
    row,
    column,
    got: text,
    help: "Quote the whole cell, close the quote, and double each quote inside.",
  });
}
