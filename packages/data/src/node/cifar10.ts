/** CIFAR-10 from a folder with its binary files. */

import type { Column } from "../column.ts";
import type { Dataset } from "../dataset.ts";
import { type Cifar10Options, cifar10From } from "../sets/cifar10.ts";
import { filesIn } from "./file-system.ts";

/** Where `cifar10` finds its files, and what it expects of them. */
export interface Cifar10FolderOptions extends Cifar10Options {
  /** The folder of `data_batch_1.bin` … `data_batch_5.bin` and `test_batch.bin`. */
  readonly dir: string;
}

/**
 * Read CIFAR-10, small photographs: 50 000 training and 10 000 test images [3, 32, 32], 10 classes.
 *
 * Source: Krizhevsky (2009), "Learning multiple layers of features from tiny images".
 *
 * @throws {DataError}  a file that is missing, of another size or checksum, or damaged
 * @example
 * const photographs = await cifar10({ dir: "data/cifar-10-batches-bin" });
 */
export const cifar10 = ({ dir, ...options }: Cifar10FolderOptions): Promise<Dataset<Column, Column>> =>
  cifar10From(filesIn(dir), options);
