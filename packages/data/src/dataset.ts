/**
 * The contract of a data set: plain objects over host memory, ready for `structuredClone`, a worker, or `gatherBatch`.
 *
 * Named splits hold named columns. Rows stay on the host and become tensors a batch at a time.
 */

import { ShapeError, UsageError } from "@kronograd/tensor";
import {
  type Column,
  type Columns,
  type ColumnsLike,
  type ColumnsOf,
  checkColumns,
  columnEntries,
  isColumn,
  type PixelScaling,
  rowsOf,
} from "./column.ts";
import { sha256 } from "./sha256.ts";

/** Rows of a data set: all for training, for decisions during training, or for the report. */
export interface Split<I extends Columns = Columns, T extends Columns = Columns> {
  readonly count: number;
  /** Inputs of the model. */
  readonly inputs: I;
  /** Targets of the loss. */
  readonly targets: T;
  /** How much each row, or each position of a row, counts in the loss; 0: it is not there. */
  readonly weights?: Columns;
}

/** The parts of a data set: training changes weights by `train`, decides by `validation`, and is reported on `test`. */
export type SplitName = "train" | "validation" | "test";

/** A data set: its splits, and what a model, a report and run.json need to know about them. */
export interface Dataset<I extends Columns = Columns, T extends Columns = Columns> {
  readonly name: string;
  readonly task: "classification" | "regression";
  /** The shape of one example, the same in all splits; of the first column, where there are several. */
  readonly inputShape: readonly number[];
  /** The shape of one target: [] for a class number, [outputs] in regression; of the first column, where there are several. */
  readonly targetShape: readonly number[];
  /** The number of classes, where targets are labels in one column. */
  readonly classes?: number;
  /** One for each class, where they have names. */
  readonly classNames?: readonly string[];
  readonly train: Split<I, T>;
  /** Rows that decide when to stop and what was best. Without it, `fit` holds some of the training rows back where it needs them. */
  readonly validation?: Split<I, T>;
  readonly test: Split<I, T>;
  /** The SHA-256 of everything that training sees (values, shapes, scaling, order), in hexadecimal. */
  readonly fingerprint: string;
  /** Where it came from: a folder, a file, or a generator with its settings. */
  readonly source: string;
}

/** Columns of a split, before they are checked. */
export interface SplitParts<I extends ColumnsLike = ColumnsLike, T extends ColumnsLike = ColumnsLike> {
  readonly inputs: I;
  readonly targets: T;
  readonly weights?: ColumnsLike;
}

/** Options of `defineDataset`: a Dataset without what follows from the rest. */
export interface DatasetParts<I extends ColumnsLike = ColumnsLike, T extends ColumnsLike = ColumnsLike> {
  readonly name: string;
  readonly task: "classification" | "regression";
  /** Wanted for inputs in one typed array. */
  readonly inputShape?: readonly number[];
  /** Wanted in regression with targets in one typed array; default []: one class number. */
  readonly targetShape?: readonly number[];
  /** Wanted in classification with targets in one column. */
  readonly classes?: number;
  readonly classNames?: readonly string[];
  /** The label of positions that have none, as in the loss. */
  readonly ignoreIndex?: number;
  /** Of inputs that are pixels in one column of bytes. */
  readonly scaling?: PixelScaling;
  readonly train: SplitParts<I, T>;
  readonly validation?: SplitParts<I, T>;
  readonly test: SplitParts<I, T>;
  readonly source: string;
}

/**
 * Make a data set of your own: check each column, the splits against each other, and compute the fingerprint.
 *
 * Inputs, targets and weights are each one column or several by name. A column is a typed array, rows as nested lists, or
 * `{ values, shape, prepare, classes }`.
 *
 * @throws {UsageError}  the task and its options do not fit together, or a split is empty
 * @throws {ShapeError}  a column does not hold whole rows, or not as many as the others
 * @throws {DataError}   a value is not finite, or a label is not in 0 … classes−1; column and row are named
 * @example
 * defineDataset({
 *   name: "or", task: "classification", classes: 2, source: "by hand",
 *   train: { inputs: [[0, 0], [0, 1], [1, 0]], targets: [0, 1, 1] },
 *   test: { inputs: [[1, 1]], targets: [1] },
 * }).train.count;   // 3
 * @example
 * const tokens = { values: new Int32Array([4, 2, 7, 1]), shape: [2] };
 * const rows = { inputs: { tokens, length: [[2], [1]] }, targets: [0, 1] };
 * defineDataset({ name: "texts", task: "classification", classes: 2, source: "by hand", train: rows, test: rows });
 */
export function defineDataset<I extends ColumnsLike, T extends ColumnsLike>(
  parts: DatasetParts<I, T>,
): Dataset<ColumnsOf<I>, ColumnsOf<T>> {
  checkTask(parts);
  const { name, task, classNames, source } = parts;
  const train = split(`${name}, training rows`, parts, parts.train);
  const validation = parts.validation && split(`${name}, validation rows`, parts, parts.validation, train);
  const test = split(`${name}, test rows`, parts, parts.test, train);
  const target = first(train.targets);
  const { classes } = isColumn(train.targets) ? train.targets : {};
  const dataset: Dataset = {
    name,
    task,
    inputShape: first(train.inputs).shape,
    targetShape: target.shape,
    ...(classes === undefined ? {} : { classes }),
    ...(classNames === undefined ? {} : { classNames }),
    train,
    ...(validation === undefined ? {} : { validation }),
    test,
    fingerprint: fingerprintOf(task, [train, ...(validation === undefined ? [] : [validation]), test]),
    source,
  };
  return dataset as Dataset<ColumnsOf<I>, ColumnsOf<T>>;
}

const roles = ["inputs", "targets", "weights"] as const;
const first = (columns: Columns): Column => (columnEntries(columns)[0] as readonly [string, Column])[1];

/** The columns of a split with their full names: "inputs", "inputs.image", "targets". */
export function columnsOf(split: Split): (readonly [name: string, column: Column])[] {
  return roles.flatMap((role) => {
    const columns = split[role];
    if (columns === undefined) return [];
    return columnEntries(columns).map(([name, column]) => [name === "" ? role : `${role}.${name}`, column] as const);
  });
}

function checkTask({ name, task, classes, classNames, targetShape, train }: DatasetParts): void {
  const where = `defineDataset("${name}")`;
  const isTyped = ArrayBuffer.isView(train.targets);
  const isLone = isTyped || Array.isArray(train.targets);
  if (task === "regression") {
    if (classes !== undefined) throw new UsageError({ where, problem: "regression has no classes", got: classes });
    if (isTyped && targetShape === undefined) {
      throw new UsageError({ where, problem: "regression wants `targetShape`" });
    }
    return;
  }
  if ((isLone || classes !== undefined) && !(Number.isInteger(classes) && (classes as number) >= 2)) {
    throw new UsageError({ where, problem: "classification wants `classes`, a whole number ≥ 2", got: classes });
  }
  if (classNames !== undefined && classNames.length !== classes) {
    throw new UsageError({ where, problem: "not one name a class", expected: classes, got: classNames.length });
  }
}

function split(where: string, parts: DatasetParts, given: SplitParts, like?: Split): Split {
  const { task, inputShape, targetShape, scaling, classes, ignoreIndex } = parts;
  const isLabel = task === "classification";
  const isTyped = ArrayBuffer.isView(given.targets);
  const targets = checkColumns(where, "targets", given.targets, {
    shape: targetShape ?? (isLabel && isTyped ? [] : undefined),
    classes,
    ignore: ignoreIndex,
  });
  const made: Omit<Split, "count"> = {
    inputs: checkColumns(where, "inputs", given.inputs, { shape: inputShape, prepare: scaling }),
    targets,
    ...(given.weights === undefined ? {} : { weights: weights(where, given.weights) }),
  };
  if (!isLabel && isColumn(targets) && targets.prepare === "integers") {
    const got = targets.values.constructor.name;
    const expected = "Float32Array or Float64Array";
    throw new UsageError({ where, problem: "targets of a regression have another type", expected, got });
  }
  const counts = columnsOf({ ...made, count: 0 }).map(([name, column]) => [name, rowsOf(column)] as const);
  const [, count] = counts[0] as readonly [string, number];
  if (counts.some(([, rows]) => rows !== count)) {
    throw new ShapeError({
      where,
      problem: "columns do not hold the same number of rows",
      got: counts.map(([name, rows]) => `${name}: ${rows}`).join(", "),
    });
  }
  if (count === 0) throw new UsageError({ where, problem: "there are none" });
  const whole = { count, ...made };
  if (like !== undefined) checkAlike(where, whole, like);
  return whole;
}

function weights(where: string, like: ColumnsLike): Columns {
  const isFlat = ArrayBuffer.isView(like);
  const columns = checkColumns(where, "weights", like, { prepare: "floats", ...(isFlat ? { shape: [] } : {}) });
  for (const [name, { values }] of columnEntries(columns)) {
    const bad = values.findIndex((value) => value < 0);
    if (bad < 0) continue;
    const column = name === "" ? "weights" : `weights.${name}`;
    throw new UsageError({
      where: `${where}, column "${column}"`,
      problem: `weight ${bad} is negative`,
      got: values[bad],
    });
  }
  return columns;
}

/** Splits of one set have the same columns, in the same form. */
function checkAlike(where: string, own: Split, train: Split): void {
  const form = (each: Split) =>
    columnsOf(each).map(
      ([name, { shape, prepare, classes }]) => `${name} ${JSON.stringify([shape, prepare, classes])}`,
    );
  const [got, expected] = [form(own), form(train)];
  const other = expected.findIndex((text, i) => text !== got[i]);
  if (other < 0 && got.length === expected.length) return;
  throw new ShapeError({
    where,
    problem: "columns are not those of the training rows",
    expected: expected[Math.max(0, other)],
    got: got[Math.max(0, other)] ?? "none",
  });
}

function fingerprintOf(task: string, splits: readonly Split[]): string {
  const columns = splits.map(columnsOf);
  const kinds = columns.map((each) =>
    each.map(([name, { values, ...rest }]) => [name, values.constructor.name, values.length, rest]),
  );
  const header = new TextEncoder().encode(JSON.stringify({ task, kinds }));
  const bytes = columns.flat().map(([, { values }]) => bytesOf(values));
  return sha256(header, ...bytes);
}

function bytesOf({ buffer, byteOffset, byteLength }: Column["values"]): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
