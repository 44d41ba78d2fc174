/** Image sets in the form of MNIST: four IDX files, of images [n, rows, columns] and of labels [n]. */

import type { Column, PixelScaling } from "../column.ts";
import { dataError, getAgain } from "../data-error.ts";
import { type Dataset, defineDataset } from "../dataset.ts";
import { gunzip } from "../formats/gzip.ts";
import { type IdxArray, readIdx } from "../formats/idx.ts";

/** A file's bytes, compressed or not, and the name that errors give it. */
export interface NamedBytes {
  readonly file: string;
  readonly bytes: Uint8Array;
}

/** The four files of a set in MNIST's form. */
export interface IdxImageFiles {
  readonly trainImages: NamedBytes;
  readonly trainLabels: NamedBytes;
  readonly testImages: NamedBytes;
  readonly testLabels: NamedBytes;
}

/** Facts that the files of a set in MNIST's form lack. */
export interface IdxImageOptions {
  readonly name: string;
  readonly scaling: PixelScaling;
  /** Default 10. */
  readonly classes?: number;
  readonly classNames?: readonly string[];
  readonly source: string;
}

/**
 * Make a data set of four IDX files in memory: images [1, rows, columns] kept as bytes, and class numbers.
 *
 * @throws {DataError}  a file that is damaged or compressed wrongly, images and labels of different number, images of
 *                      different size, or a label that is no class
 * @example
 * await imagesFromIdx(files, { name: "mnist", scaling: mnistScaling, source: "https://…" });
 */
export async function imagesFromIdx(files: IdxImageFiles, options: IdxImageOptions): Promise<Dataset<Column, Column>> {
  const { name, scaling, classes = 10, classNames, source } = options;
  const train = await readPair(files.trainImages, files.trainLabels, classes);
  const test = await readPair(files.testImages, files.testLabels, classes);
  const size = train.imageShape.join("×");
  if (test.imageShape.join("×") !== size) {
    const got = test.imageShape.join("×");
    const help = "The files are of different sets: check the folder.";
    throw dataError(files.testImages.file, "test images have another size than training images", {
      byte: 8,
      expected: size,
      got,
      help,
    });
  }
  return defineDataset({
    name,
    task: "classification",
    inputShape: [1, ...train.imageShape],
    scaling,
    classes,
    ...(classNames === undefined ? {} : { classNames }),
    train: train.split,
    test: test.split,
    source,
  });
}

async function readPair(imageFile: NamedBytes, labelFile: NamedBytes, classes: number) {
  const images = await readBytes(imageFile, 3, "images [n, rows, columns]");
  const labels = await readBytes(labelFile, 1, "labels [n]");
  const count = images.shape[0]!;
  if (labels.shape[0] !== count) {
    const place = { byte: 4, expected: `${count}, as in ${imageFile.file}`, got: labels.shape[0] };
    throw dataError(labelFile.file, "images and labels differ in number", {
      ...place,
      help: "The files are of different sets: check the folder.",
    });
  }
  const wrong = labels.data.findIndex((label) => label >= classes);
  if (wrong >= 0) {
    const place = { byte: labels.dataOffset + wrong, expected: `0 … ${classes - 1}`, got: labels.data[wrong] };
    throw dataError(labelFile.file, `label ${wrong} is no class`, { ...place, help: getAgain });
  }
  return {
    imageShape: images.shape.slice(1),
    split: { inputs: images.data, targets: Int32Array.from(labels.data) },
  };
}

async function readBytes(
  { file, bytes }: NamedBytes,
  rank: number,
  what: string,
): Promise<IdxArray & { data: Uint8Array }> {
  const array = readIdx(await gunzip(bytes, file), { file });
  const { data, shape } = array;
  if (data instanceof Uint8Array && shape.length === rank) return { ...array, data };
  const got = `${data.constructor.name} [${shape.join(", ")}]`;
  throw dataError(file, "array has another form", {
    byte: 2,
    expected: `unsigned bytes: ${what}`,
    got,
    help: "Check which file is which.",
  });
}
