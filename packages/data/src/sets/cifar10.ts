/**
 * CIFAR-10, the binary version: records of one label and 3072 pixels, 32×32 in each of the planes red, green, blue.
 *
 * Source: Krizhevsky (2009), "Learning multiple layers of features from tiny images"; the layout is on the set's page.
 */

import type { Column, PixelScaling } from "../column.ts";
import { dataError, getAgain } from "../data-error.ts";
import { type Dataset, defineDataset } from "../dataset.ts";
import { checkSha256 } from "../sha256.ts";
import type { FileSource } from "./file-source.ts";
import type { NamedBytes } from "./idx-images.ts";
import { cifar10Scaling } from "./pixels.ts";

const pixels = 3 * 32 * 32;
const recordBytes = 1 + pixels;
const classNames = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];

/** Options of `cifar10FromBinary`. */
export interface Cifar10Options {
  /** Default: the published statistics of the training pixels. */
  readonly scaling?: PixelScaling;
  /** Records that each file must hold. Default 10 000, as in the published files. */
  readonly records?: number;
  /** SHA-256 that files must have, by the last part of their name. */
  readonly sha256?: Readonly<Record<string, string>>;
  readonly source?: string;
}

/**
 * Make CIFAR-10 of its binary files in memory: images [3, 32, 32] kept as bytes, and class numbers.
 *
 * @throws {DataError}  a file of another size or checksum, or a label above 9
 * @example
 * cifar10FromBinary({ train: fiveFiles, test: [testFile] }).train.count;   // 50000
 */
export function cifar10FromBinary(
  files: { readonly train: readonly NamedBytes[]; readonly test: readonly NamedBytes[] },
  options: Cifar10Options = {},
): Dataset<Column, Column> {
  const { scaling = cifar10Scaling, source = "bytes in memory" } = options;
  return defineDataset({
    name: "cifar10",
    task: "classification",
    inputShape: [3, 32, 32],
    scaling,
    classes: classNames.length,
    classNames,
    train: join(files.train, options),
    test: join(files.test, options),
    source,
  });
}

/**
 * Read CIFAR-10 from its files `data_batch_1.bin` … `data_batch_5.bin` and `test_batch.bin`.
 *
 * @throws {DataError}  a file that is missing, of another size or checksum, or damaged
 */
export async function cifar10From(files: FileSource, options: Cifar10Options = {}): Promise<Dataset<Column, Column>> {
  const help = "Unpack cifar-10-binary.tar.gz of the set's page, and name its folder cifar-10-batches-bin.";
  const read = (name: string) => files.read([name], help);
  const train: NamedBytes[] = [];
  for (const part of [1, 2, 3, 4, 5]) train.push(await read(`data_batch_${part}.bin`)); // in turn: an error names the first
  return cifar10FromBinary({ train, test: [await read("test_batch.bin")] }, { source: files.place, ...options });
}

function join(files: readonly NamedBytes[], { records = 10_000, sha256: hashes = {} }: Cifar10Options) {
  const inputs = new Uint8Array(files.length * records * pixels);
  const targets = new Int32Array(files.length * records);
  files.forEach(({ file, bytes }, part) => {
    if (bytes.length !== records * recordBytes) {
      const expected = `${records * recordBytes} bytes (${records} records of ${recordBytes})`;
      const problem = bytes.length < records * recordBytes ? "file is cut short" : "file is too long";
      const byte = Math.min(bytes.length, records * recordBytes);
      throw dataError(file, problem, { byte, expected, got: `${bytes.length} bytes`, help: getAgain });
    }
    const hash = hashes[file.replace(/^.*[\\/]/, "")];
    if (hash !== undefined) checkSha256(file, bytes, hash);
    for (let i = 0; i < records; i++) {
      const start = i * recordBytes;
      const row = part * records + i;
      const label = bytes[start]!;
      if (label >= classNames.length) {
        const problem = `label of record ${i} is no class`;
        throw dataError(file, problem, { byte: start, expected: "0 … 9", got: label, help: getAgain });
      }
      targets[row] = label;
      inputs.set(bytes.subarray(start + 1, start + recordBytes), row * pixels);
    }
  });
  return { inputs, targets };
}
