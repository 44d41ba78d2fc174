/** MNIST and Fashion-MNIST from a folder with their four IDX files. */

import type { Column, PixelScaling } from "../column.ts";
import type { Dataset } from "../dataset.ts";
import { fashionMnistFrom, mnistFrom } from "../sets/mnist.ts";
import { filesIn } from "./file-system.ts";

/** Where `mnist` finds its files. */
export interface MnistOptions {
  /** The folder of the four files; `mnistFrom` says how they may be called. */
  readonly dir: string;
  /** Default: the published statistics of the training pixels. */
  readonly scaling?: PixelScaling;
}

/** Where `fashionMnist` finds its files. */
export interface FashionMnistOptions extends Partial<MnistOptions> {}

/** Where Debian's package `dataset-fashion-mnist` puts its files. */
export const debianFashionMnist = "/usr/share/datasets/fashion-mnist";

/**
 * Read MNIST from a folder; see `mnistFrom`.
 *
 * @throws {DataError}  a file that is missing, damaged, or of another set
 * @example
 * const digits = await mnist({ dir: "data/mnist" });
 */
export const mnist = ({ dir, scaling }: MnistOptions): Promise<Dataset<Column, Column>> =>
  mnistFrom(filesIn(dir), scaling);

/**
 * Read Fashion-MNIST from a folder; see `fashionMnistFrom`. The default folder is that of Debian's package
 * `dataset-fashion-mnist`; `downloadFashionMnist` fills another.
 *
 * @throws {DataError}  a file that is missing, damaged, or of another set
 * @example
 * const clothing = await fashionMnist();
 */
export const fashionMnist = ({
  dir = debianFashionMnist,
  scaling,
}: FashionMnistOptions = {}): Promise<Dataset<Column, Column>> => fashionMnistFrom(filesIn(dir), scaling);
