/**
 * What a data set is: plain objects over host memory, ready for `structuredClone`, a worker, or `gatherBatch`.
 *
 * Rows stay on the host in the form that takes least room (images as bytes: 47 MB for MNIST instead of 188 MB of floats)
 * and become tensors a batch at a time.
 */

import { DataError, dtypeOf, ShapeError, sizeOf, UsageError } from "@kronograd/tensor";
import { sha256 } from "./sha256.ts";

/** How bytes become numbers: (byte/255 − mean) / deviation, with one mean and one deviation for each channel. */
export interface PixelScaling {
  /** One for each channel, of pixels in [0, 1]. */
  readonly mean: readonly number[];
  /** One for each channel, of pixels in [0, 1]; above 0. */
  readonly deviation: readonly number[];
}

/** The training or the test rows of a data set, row-major on the host. */
export interface Split {
  readonly count: number;
  /** [count, ...inputShape]; bytes are scaled when a batch is made. */
  readonly inputs: Float32Array | Float64Array | Uint8Array;
  /** The shape of one example: images are [channels, rows, columns]. */
  readonly inputShape: readonly number[];
  /** There if and only if `inputs` are bytes; channels are the slowest axis of an example. */
  readonly scaling?: PixelScaling;
  /** [count] class numbers, or [count, ...targetShape] real numbers. */
  readonly targets: Int32Array | Float32Array | Float64Array;
  /** The shape of one target: [] for a class number. */
  readonly targetShape: readonly number[];
}

/** A data set: two splits and what a model, a report and run.json need to know about them. */
export interface Dataset {
  readonly name: string;
  readonly task: "classification" | "regression";
  /** The shape of one example, the same in both splits. */
  readonly inputShape: readonly number[];
  /** The shape of one target: [] for a class number, [outputs] in regression. */
  readonly targetShape: readonly number[];
  /** The number of classes; there if and only if the task is classification. */
  readonly classes?: number;
  /** One for each class, where they have names. */
  readonly classNames?: readonly string[];
  readonly train: Split;
  readonly test: Split;
  /** The SHA-256 of everything that training sees (values, shapes, scaling, order), in hexadecimal. */
  readonly fingerprint: string;
  /** Where it came from: a folder, a file, or a generator with its settings. */
  readonly source: string;
}

/** What `defineDataset` needs: a Dataset without what follows from the rest. */
export interface DatasetParts {
  readonly name: string;
  readonly task: "classification" | "regression";
  readonly inputShape: readonly number[];
  /** Wanted in regression. */
  readonly targetShape?: readonly number[];
  readonly classes?: number;
  readonly classNames?: readonly string[];
  /** Wanted if and only if the inputs are bytes. */
  readonly scaling?: PixelScaling;
  readonly train: Pick<Split, "inputs" | "targets">;
  readonly test: Pick<Split, "inputs" | "targets">;
  readonly source: string;
}

/**
 * Make a data set of your own: check the parts against each other and compute the fingerprint.
 *
 * @throws {UsageError}  the task and its options do not fit together, or a split is empty
 * @throws {ShapeError}  a split does not hold whole rows, or as many inputs as targets
 * @throws {DataError}   a value is not finite, or a label is not in 0 … classes−1
 * @example
 * defineDataset({
 *   name: "or", task: "classification", classes: 2, inputShape: [2], source: "by hand",
 *   train: { inputs: new Float32Array([0, 0, 0, 1, 1, 0]), targets: new Int32Array([0, 1, 1]) },
 *   test: { inputs: new Float32Array([1, 1]), targets: new Int32Array([1]) },
 * }).train.count;   // 3
 */
export function defineDataset(parts: DatasetParts): Dataset {
  checkTask(parts);
  const { name, task, inputShape, classes, classNames, source } = parts;
  const targetShape = parts.targetShape ?? [];
  const train = split(`${name}, training rows`, parts, parts.train);
  const test = split(`${name}, test rows`, parts, parts.test);
  const { scaling } = parts;
  const arrays = [train.inputs, train.targets, test.inputs, test.targets];
  const kinds = arrays.map((values) => [values instanceof Uint8Array ? "uint8" : dtypeOf(values), values.length]);
  const header = JSON.stringify({ task, inputShape, targetShape, classes, scaling, kinds });
  const fingerprint = sha256(new TextEncoder().encode(header), ...arrays.map(bytesOf));
  return {
    name,
    task,
    inputShape,
    targetShape,
    ...(classes === undefined ? {} : { classes }),
    ...(classNames === undefined ? {} : { classNames }),
    train,
    test,
    fingerprint,
    source,
  };
}

function checkTask({ name, task, classes, classNames, targetShape, scaling, train, test }: DatasetParts): void {
  const where = `defineDataset("${name}")`;
  if (task === "classification") {
    if (classes === undefined || !Number.isInteger(classes) || classes < 2) {
      throw new UsageError({ where, problem: "classification wants `classes`, a whole number ≥ 2", got: classes });
    }
    if (targetShape !== undefined && targetShape.length > 0) {
      throw new UsageError({ where, problem: "the target of a classification is one class number", got: targetShape });
    }
    if (classNames !== undefined && classNames.length !== classes) {
      throw new UsageError({ where, problem: "not one name a class", expected: classes, got: classNames.length });
    }
  } else {
    if (targetShape === undefined) throw new UsageError({ where, problem: "regression wants `targetShape`" });
    if (classes !== undefined) throw new UsageError({ where, problem: "regression has no classes", got: classes });
  }
  for (const { inputs, targets } of [train, test]) {
    if (inputs instanceof Uint8Array !== (scaling !== undefined)) {
      throw new UsageError({ where, problem: "`scaling` goes with inputs in bytes, and only with them" });
    }
    if (targets instanceof Int32Array !== (task === "classification")) {
      const expected = task === "classification" ? "Int32Array" : "Float32Array or Float64Array";
      throw new UsageError({
        where,
        problem: `targets of a ${task} have another type`,
        expected,
        got: targets.constructor.name,
      });
    }
  }
}

function split(where: string, parts: DatasetParts, { inputs, targets }: Pick<Split, "inputs" | "targets">): Split {
  const { inputShape, targetShape = [], scaling, classes } = parts;
  const inputSize = sizeOf(inputShape);
  const count = targets.length / sizeOf(targetShape);
  if (!Number.isInteger(count) || inputs.length !== count * inputSize) {
    throw new ShapeError({
      where,
      problem: "inputs and targets do not make the same number of rows",
      expected: `rows of ${inputSize} inputs and ${sizeOf(targetShape)} targets`,
      got: `${inputs.length} inputs and ${targets.length} targets`,
    });
  }
  if (count === 0) throw new UsageError({ where, problem: "there are none" });
  if (scaling !== undefined) checkScaling(where, scaling, inputSize);
  if (!(inputs instanceof Uint8Array)) checkFinite(where, "input", inputs, inputSize);
  if (classes === undefined) checkFinite(where, "target", targets, sizeOf(targetShape));
  else {
    const row = targets.findIndex((label) => label < 0 || label >= classes);
    if (row >= 0) {
      throw new DataError({
        where: `${where}, row ${row}`,
        problem: "label is out of range",
        expected: `0 … ${classes - 1}`,
        got: targets[row],
      });
    }
  }
  return { count, inputs, inputShape, ...(scaling === undefined ? {} : { scaling }), targets, targetShape };
}

function checkScaling(where: string, { mean, deviation }: PixelScaling, inputSize: number): void {
  const channels = mean.length;
  if (channels < 1 || deviation.length !== channels || inputSize % channels !== 0) {
    throw new ShapeError({
      where,
      problem: "scaling does not fit the rows",
      expected: `one mean and one deviation for each channel of ${inputSize} values`,
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

function checkFinite(where: string, what: string, values: ArrayLike<number>, rowSize: number): void {
  for (let i = 0; i < values.length; i++) {
    if (Number.isFinite(values[i])) continue;
    throw new DataError({
      where: `${where}, row ${Math.floor(i / rowSize)}`,
      problem: `${what} ${i % rowSize} is not a finite number`,
      got: values[i],
      help: "Remove the row, or fill the value in.",
    });
  }
}

function bytesOf(values: Uint8Array | Int32Array | Float32Array | Float64Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
