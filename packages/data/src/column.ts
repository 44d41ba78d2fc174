/**
 * Columns: what each row of a data set holds under one name, in the form that takes least room on the host.
 *
 * Images and tokens stay bytes and whole numbers until a batch is made (47 MB for MNIST instead of 188 MB of floats). How
 * they become numbers of a tensor is plain data too, so that a column crosses to a worker as it is.
 */

import { DataError, isTypedArray, ShapeError, sizeOf, UsageError } from "@kronograd/tensor";

/** How bytes become numbers: (byte/255 − mean) / deviation, with one mean and one deviation for each channel. */
export interface PixelScaling {
  /** One for each channel, of pixels in [0, 1]. */
  readonly mean: readonly number[];
  /** One for each channel, of pixels in [0, 1]; above 0. */
  readonly deviation: readonly number[];
}

/** How the values of a column become a tensor: int32, floats in the dtype of the batch, or floats by a scaling of pixels. */
export type Prepare = "integers" | "floats" | PixelScaling;

/** Values of a column, row-major on the host. */
export type ColumnValues = Uint8Array | Int32Array | Float32Array | Float64Array;

/** One column. */
export interface Column {
  /** [count, ...shape] */
  readonly values: ColumnValues;
  /** The shape of one row: images are [channels, rows, columns], a class number is []. */
  readonly shape: readonly number[];
  readonly prepare: Prepare;
  /** Of labels: whole numbers below this, and `ignore`. */
  readonly classes?: number;
  /** A label that says "not a row" to a loss with the same `ignoreIndex`. */
  readonly ignore?: number;
}

/** One column, or several by name. A model gets a tensor of one, and a record of tensors by the same names of several. */
export type Columns = Column | Readonly<Record<string, Column>>;

/** Rows as nested lists of numbers. */
export type NestedRows = readonly (number | NestedRows)[];

/** Sources of a column: values with their shape, or rows as nested lists. */
export type ColumnLike =
  | ColumnValues
  | NestedRows
  | (Partial<Omit<Column, "values">> & { readonly values: ColumnValues | NestedRows });

/** One column, or several by name, before they are checked. */
export type ColumnsLike = ColumnLike | Readonly<Record<string, ColumnLike>>;

/** Facts of a column known from elsewhere. */
export interface ColumnDefaults {
  readonly shape?: readonly number[] | undefined;
  readonly prepare?: Prepare | undefined;
  readonly classes?: number | undefined;
  readonly ignore?: number | undefined;
}

const isValues = (value: unknown): value is ColumnValues => value instanceof Uint8Array || isTypedArray(value);

const isColumnLike = (value: unknown): value is ColumnLike =>
  isValues(value) ||
  Array.isArray(value) ||
  isValues((value as { values?: unknown }).values) ||
  Array.isArray((value as { values?: unknown }).values);

/** The columns that such parts make. */
export type ColumnsOf<L extends ColumnsLike> = L extends ColumnLike ? Column : { readonly [K in keyof L]: Column };

/** Whether there is one column without a name. */
export const isColumn = (columns: Columns): columns is Column => isValues((columns as Column).values);

/** The columns with their names, "" for a lone one. */
export const columnEntries = (columns: Columns): (readonly [name: string, column: Column])[] =>
  isColumn(columns) ? [["", columns]] : Object.entries(columns);

/** The same columns, each changed by `f`. */
export function mapColumns<R>(columns: Columns, f: (column: Column, name: string) => R): R | Record<string, R> {
  if (isColumn(columns)) return f(columns, "");
  return Object.fromEntries(Object.entries(columns).map(([name, column]) => [name, f(column, name)]));
}

/**
 * The only column, for what cannot take several.
 *
 * @throws {UsageError} there are several
 * @example
 * soleColumn(spiral({ rng: new Rng(0) }).train.inputs).shape;   // [2]
 */
export function soleColumn(columns: Columns, where = "soleColumn"): Column {
  if (isColumn(columns)) return columns;
  throw new UsageError({
    where,
    problem: "one column is wanted, and the data set has several",
    got: Object.keys(columns),
    help: "Name the column.",
  });
}

/** Number of rows that a column holds. */
export const rowsOf = ({ values, shape }: Pick<Column, "values" | "shape">): number => values.length / sizeOf(shape);

/**
 * Check columns and bring them into one form.
 *
 * @param where     the data set and split, for messages
 * @param role      "inputs", "targets" or "weights": the name of a lone column, and the front of the others' names
 * @param defaults  of a lone column
 * @throws {UsageError} a column lacks its shape or cannot be prepared as it says
 * @throws {ShapeError} rows of different length, or not whole
 * @throws {DataError}  a value is not finite, or a label is out of range
 */
export function checkColumns(where: string, role: string, like: ColumnsLike, defaults: ColumnDefaults = {}): Columns {
  if (isColumnLike(like)) return checkColumn(`${where}, column "${role}"`, like, defaults);
  const entries = Object.entries(like);
  if (entries.length === 0) throw new UsageError({ where, problem: `there are no ${role}` });
  return Object.fromEntries(
    entries.map(([name, each]) => {
      const at = `${where}, column "${role}.${name}"`;
      if (isColumnLike(each)) return [name, checkColumn(at, each, {})];
      throw new UsageError({
        where: at,
        problem: "is no column",
        expected: "an array, or { values, shape }",
        got: each,
      });
    }),
  );
}

function checkColumn(where: string, like: ColumnLike, defaults: ColumnDefaults): Column {
  const given =
    isValues(like) || Array.isArray(like) ? { values: like as ColumnValues | NestedRows } : (like as Column);
  const { classes = defaults.classes, ignore = defaults.ignore } = given as ColumnDefaults;
  const wanted = (given as ColumnDefaults).prepare ?? defaults.prepare;
  const isNested = !isValues(given.values);
  const nested = isNested ? flatten(where, given.values as NestedRows) : undefined;
  const isWhole = classes !== undefined || wanted === "integers";
  const values = nested === undefined ? (given.values as ColumnValues) : typed(where, nested, isWhole);
  const shape = (given as ColumnDefaults).shape ?? defaults.shape ?? nested?.shape;
  if (shape === undefined) {
    throw new UsageError({
      where,
      problem: "the shape of a row is not known",
      help: "Pass { values, shape }, or rows as nested lists.",
    });
  }
  checkRows(where, values, shape, nested?.shape);
  const prepare = wanted ?? defaultPrepare(where, values, classes !== undefined);
  checkPrepare(where, values, shape, prepare);
  if (classes !== undefined) checkLabels(where, values, sizeOf(shape), classes, ignore);
  else if (values instanceof Float32Array || values instanceof Float64Array) checkFinite(where, values, sizeOf(shape));
  return {
    values,
    shape,
    prepare,
    ...(classes === undefined ? {} : { classes }),
    ...(ignore === undefined ? {} : { ignore }),
  };
}

interface Flat {
  readonly numbers: readonly number[];
  readonly shape: readonly number[];
}

function flatten(where: string, rows: NestedRows): Flat {
  const shape: number[] = [];
  for (let level: unknown = rows[0]; Array.isArray(level); level = level[0]) shape.push(level.length);
  const numbers: number[] = [];
  rows.forEach((row, i) => {
    const walk = (value: number | NestedRows, depth: number): void => {
      const isLeaf = depth === shape.length;
      if (typeof value === "number" ? !isLeaf : isLeaf || (value as NestedRows).length !== shape[depth]) {
        throw new ShapeError({
          where: `${where}, row ${i}`,
          problem: "has another shape than the first row",
          expected: shape,
          got: typeof row === "number" ? row : JSON.stringify(row)?.slice(0, 60),
        });
      }
      if (typeof value === "number") numbers.push(value);
      else for (const inner of value) walk(inner, depth + 1);
    };
    walk(row, 0);
  });
  return { numbers, shape };
}

function typed(where: string, { numbers, shape }: Flat, isWhole: boolean): ColumnValues {
  if (!isWhole) return Float64Array.from(numbers);
  const bad = numbers.findIndex((value) => !Number.isInteger(value) || Math.abs(value) >= 2 ** 31);
  if (bad < 0) return Int32Array.from(numbers);
  throw new DataError({
    where: `${where}, row ${Math.floor(bad / sizeOf(shape))}`,
    problem: "is not a whole number",
    expected: "an int32",
    got: numbers[bad],
  });
}

function checkRows(where: string, { length }: ColumnValues, shape: readonly number[], found?: readonly number[]): void {
  if (found !== undefined && `${found}` !== `${shape}`) {
    throw new ShapeError({ where, problem: "rows have another shape than was said", expected: shape, got: found });
  }
  const size = sizeOf(shape);
  if (size > 0 && length % size === 0) return;
  throw new ShapeError({
    where,
    problem: "does not hold whole rows",
    expected: `a multiple of ${size} values, rows of [${shape.join(", ")}]`,
    got: length,
  });
}

function defaultPrepare(where: string, values: ColumnValues, isLabel: boolean): Prepare {
  if (values instanceof Int32Array || (values instanceof Uint8Array && isLabel)) return "integers";
  if (!(values instanceof Uint8Array)) return "floats";
  throw new UsageError({
    where,
    problem: "bytes do not say what they are",
    expected: '`prepare`: a scaling of pixels, "integers" or "floats"',
    help: "Pass scaling for images.",
  });
}

function checkPrepare(where: string, values: ColumnValues, shape: readonly number[], prepare: Prepare): void {
  const isFloat = values instanceof Float32Array || values instanceof Float64Array;
  if (prepare === "floats") return;
  if (prepare === "integers") {
    if (isFloat) throw new UsageError({ where, problem: "floats are no integers", got: values.constructor.name });
    return;
  }
  if (!(values instanceof Uint8Array)) {
    throw new UsageError({ where, problem: "a scaling of pixels wants bytes", got: values.constructor.name });
  }
  const { mean, deviation } = prepare;
  const channels = mean.length;
  if (channels < 1 || deviation.length !== channels || sizeOf(shape) % channels !== 0) {
    throw new ShapeError({
      where,
      problem: "scaling does not fit the rows",
      expected: `one mean and one deviation for each channel of ${sizeOf(shape)} values`,
      got: `${channels} means and ${deviation.length} deviations`,
    });
  }
  if (!mean.every(Number.isFinite) || !deviation.every((value) => Number.isFinite(value) && value > 0)) {
    throw new UsageError({
      where,
      problem: "scaling wants finite means and deviations above 0",
      got: [mean, deviation],
    });
  }
}

function checkLabels(where: string, values: ColumnValues, size: number, classes: number, ignore?: number): void {
  if (!Number.isInteger(classes) || classes < 2) {
    throw new UsageError({ where, problem: "classes must be a whole number ≥ 2", got: classes });
  }
  if (!(values instanceof Int32Array || values instanceof Uint8Array)) {
    const expected = "Int32Array or Uint8Array";
    throw new UsageError({ where, problem: "labels have another type", expected, got: values.constructor.name });
  }
  for (let i = 0; i < values.length; i++) {
    const label = values[i]!;
    if ((label >= 0 && label < classes) || label === ignore) continue;
    throw new DataError({
      where: `${where}, row ${Math.floor(i / size)}`,
      problem: "label is out of range",
      expected: `0 … ${classes - 1}${ignore === undefined ? "" : `, or ${ignore} where there is none`}`,
      got: label,
      ...(ignore === undefined ? { help: "For positions without a label, name ignoreIndex." } : {}),
    });
  }
}

function checkFinite(where: string, values: Float32Array | Float64Array, size: number): void {
  for (let i = 0; i < values.length; i++) {
    if (Number.isFinite(values[i])) continue;
    throw new DataError({
      where: `${where}, row ${Math.floor(i / size)}`,
      problem: `value ${i % size} is not a finite number`,
      got: values[i],
      help: "Remove the row, or fill the value in.",
    });
  }
}
