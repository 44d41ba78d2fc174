/** A table of numbers as a data set: columns chosen, labels numbered, rows shuffled and split, inputs standardised. */

import { nearest, permutation, type Rng, UsageError } from "@kronograd/tensor";
import type { Column } from "../column.ts";
import { dataError } from "../data-error.ts";
import { type Dataset, defineDataset } from "../dataset.ts";
import { type CsvRow, parseCsv } from "../formats/csv.ts";

/** A column by its name in the header, or by its number from 0 (from the end where negative: −1 is the last). */
export type CsvColumn = string | number;

/** How `csvDataset` reads a table. */
export interface CsvOptions {
  /** Shuffles the rows before the split; it does not advance. */
  readonly rng: Rng;
  /** Columns to predict: one column of labels, or one or more of numbers in regression. Default −1, the last. */
  readonly target?: CsvColumn | readonly CsvColumn[];
  /** The inputs. Default: every column that is not a target. */
  readonly features?: readonly CsvColumn[];
  /** Default "classification". */
  readonly task?: "classification" | "regression";
  /** Whether the first row names the columns. Default: it does if none of its cells is a number, empty, or NaN. */
  readonly header?: boolean;
  /** One character. Default a comma. */
  readonly separator?: string;
  /** The share of the rows that become the test split. Default 0.2. */
  readonly testShare?: number;
  /**
   * Shift and scale each input to mean 0 and deviation 1 over the training rows. A column that is constant there is only
   * shifted. Default true.
   */
  readonly standardise?: boolean;
  /** Default: the file's name. */
  readonly name?: string;
  /** The name that errors give the bytes. */
  readonly file?: string;
}

/**
 * Read a CSV table as a data set.
 *
 * Labels may be any text; classes are numbered in the order of their values (of their text, where any is not a number).
 *
 * @throws {DataError}   the table is damaged or too small, or a cell that should be a number is empty, text, NaN or infinite;
 *                       row (line of the file) and column are named
 * @throws {UsageError}  an unknown column, one that is both target and feature, or a share that is not between 0 and 1
 * @example
 * csvDataset(bytes, { target: "species", rng: new Rng(0) });
 */
export function csvDataset(bytes: Uint8Array, options: CsvOptions): Dataset<Column, Column> {
  const { rng, task = "classification", file = "CSV file", testShare = 0.2, standardise = true } = options;
  const table = readTable(bytes, file, options);
  const targetColumns = [options.target ?? -1].flat().map((column) => find(table, column, file));
  const others = table.names.map((_, column) => column).filter((column) => !targetColumns.includes(column));
  const featureColumns = options.features?.map((column) => find(table, column, file)) ?? others;
  const twice = featureColumns.find((column) => targetColumns.includes(column));
  if (twice !== undefined) {
    throw new UsageError({ where: file, problem: `column "${table.names[twice]}" is both a target and a feature` });
  }
  if (featureColumns.length === 0) throw new UsageError({ where: file, problem: "there is no column of inputs" });
  if (targetColumns.length !== 1 && task === "classification") {
    throw new UsageError({ where: file, problem: "classification wants one target column", got: targetColumns.length });
  }

  const inputSize = featureColumns.length;
  const inputs = numbers(table, featureColumns, file);
  const labels = task === "classification" ? classify(table, targetColumns[0]!, file) : undefined;
  const targets = labels?.numbers ?? numbers(table, targetColumns, file);
  const [train, test] = splitRows(table.rows.length, testShare, rng, file).map((rows) => ({
    inputs: pick(inputs, rows, inputSize),
    targets: pick(targets, rows, targetColumns.length),
  })) as [Rows, Rows];
  if (standardise) standardiseBy(train.inputs, inputSize, [train.inputs, test.inputs]);
  return defineDataset({
    name: options.name ?? file.replace(/^.*[\\/]/, ""),
    task,
    inputShape: [inputSize],
    ...(labels === undefined
      ? { targetShape: [targetColumns.length] }
      : { classes: labels.names.length, classNames: labels.names }),
    train,
    test,
    source: file,
  });
}

interface Rows {
  readonly inputs: Float64Array;
  readonly targets: Float64Array | Int32Array;
}

interface Table {
  readonly names: readonly string[];
  readonly hasHeader: boolean;
  readonly rows: readonly CsvRow[];
}

// Number() would also take "", " ", "0x10" and "Infinity".
const numeric = /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*$/;
// What stands where a number is missing: a first row with one of these is no header, or its NaN would go unseen.
const missing = /^\s*(?:[+-]?(?:nan|inf|infinity)|na|n\/a|null|none)?\s*$/i;

function readTable(bytes: Uint8Array, file: string, { header, separator = "," }: CsvOptions): Table {
  const rows = parseCsv(bytes, { file, separator });
  const first = rows[0];
  const hasHeader =
    first !== undefined && (header ?? first.cells.every((cell) => !numeric.test(cell) && !missing.test(cell)));
  const data = hasHeader ? rows.slice(1) : rows;
  if (first === undefined || data.length === 0) {
    throw dataError(file, "table has no rows", { expected: "at least 2", got: 0, help: "Check the path." });
  }
  const names = first.cells.map((cell, column) => (hasHeader ? cell.trim() : String(column)));
  const repeated = names.find((name, column) => names.indexOf(name) !== column);
  if (repeated !== undefined) {
    const help = "Name each column once, or pass header: false.";
    throw dataError(file, "header names a column twice", { row: first.line, got: `"${repeated}"`, help });
  }
  return { names, hasHeader, rows: data };
}

function find({ names, hasHeader }: Table, column: CsvColumn, file: string): number {
  const index =
    typeof column === "string" ? (hasHeader ? names.indexOf(column) : -1) : column < 0 ? names.length + column : column;
  if (Number.isInteger(index) && index >= 0 && index < names.length) return index;
  const guess = typeof column === "string" ? nearest(column, names) : undefined;
  throw new UsageError({
    where: file,
    problem: `there is no column ${typeof column === "string" ? `"${column}"` : column}`,
    expected: hasHeader ? names.map((name) => `"${name}"`) : `a number in 0 … ${names.length - 1}`,
    got: column,
    ...(hasHeader ? {} : { help: "The table has no header; pass header: true if it has." }),
    ...(hasHeader && guess !== undefined ? { help: `Did you mean "${guess}"?` } : {}),
  });
}

/** The cells of some columns as numbers, row-major. */
function numbers({ names, hasHeader, rows }: Table, columns: readonly number[], file: string): Float64Array {
  const values = new Float64Array(rows.length * columns.length);
  rows.forEach(({ cells, line }, row) => {
    columns.forEach((column, k) => {
      const cell = cells[column]!;
      const value = numeric.test(cell) ? Number(cell) : Number.NaN;
      if (!Number.isFinite(value)) {
        throw dataError(file, cell.trim() === "" ? "cell is empty" : "cell is not a finite number", {
          row: line,
          column: names[column]!,
          expected: "a number",
          got: JSON.stringify(cell),
          help:
            row === 0 && !hasHeader
              ? "If this row names the columns, pass header: true."
              : "Fill the value in, remove the row, or leave the column out of features.",
        });
      }
      values[row * columns.length + k] = value;
    });
  });
  return values;
}

/** Number the labels of a column. */
function classify(
  { names: columns, rows }: Table,
  column: number,
  file: string,
): { numbers: Int32Array; names: string[] } {
  const labels = rows.map(({ cells, line }) => {
    const label = cells[column]!.trim();
    if (label !== "" && !/^[+-]?nan$/i.test(label)) return label; // "NA" and "none" may be classes
    const help = "Fill the label in, or remove the row.";
    throw dataError(file, "label is missing", {
      row: line,
      column: columns[column]!,
      got: JSON.stringify(label),
      help,
    });
  });
  const names = [...new Set(labels)];
  if (names.every((name) => numeric.test(name))) names.sort((a, b) => Number(a) - Number(b));
  else names.sort();
  if (names.length < 2 || names.length === labels.length) {
    throw dataError(file, "column does not hold class labels", {
      column: columns[column]!,
      expected: "at least 2 classes, and fewer than rows",
      got: `${names.length} distinct values in ${labels.length} rows`,
      help: 'Choose another target, or task: "regression".',
    });
  }
  const numberOf = new Map(names.map((name, i) => [name, i]));
  return { numbers: Int32Array.from(labels, (label) => numberOf.get(label)!), names };
}

/** The row numbers of the training and of the test split. */
function splitRows(count: number, testShare: number, rng: Rng, file: string): [Int32Array, Int32Array] {
  if (!(testShare > 0 && testShare < 1)) {
    throw new UsageError({ where: file, problem: "testShare must be between 0 and 1", got: testShare });
  }
  const tests = Math.round(testShare * count);
  if (tests < 1 || tests >= count) {
    const got = `${tests} of ${count} rows`;
    const help = "Add rows, or choose another testShare.";
    throw dataError(file, "a split would be empty", { expected: "a row in each", got, help });
  }
  const order = permutation(rng.fork("csv split"), count);
  return [order.subarray(tests), order.subarray(0, tests)];
}

function pick<T extends Float64Array | Int32Array>(values: T, rows: Int32Array, size: number): T {
  const out = values.slice(0, rows.length * size) as T;
  rows.forEach((row, i) => {
    out.set(values.subarray(row * size, (row + 1) * size), i * size);
  });
  return out;
}

function standardiseBy(reference: Float64Array, width: number, targets: readonly Float64Array[]): void {
  const rows = reference.length / width;
  for (let column = 0; column < width; column++) {
    const values = reference.filter((_, i) => i % width === column);
    // Looked at apart: rounding of the mean would leave a constant column a variance of about 1e-34.
    const isConstant = values.every((value) => value === values[0]);
    const mean = isConstant ? values[0]! : values.reduce((sum, value) => sum + value / rows, 0);
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2 / rows, 0);
    const deviation = isConstant ? 1 : Math.sqrt(variance);
    for (const target of targets) {
      for (let i = column; i < target.length; i += width) target[i] = (target[i]! - mean) / deviation;
    }
  }
}
