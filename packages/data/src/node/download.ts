/** Downloads that are checked before they are kept. */

import { type DataError, UsageError } from "@kronograd/tensor";
import { dataError } from "../data-error.ts";
import { checkSha256 } from "../sha256.ts";
import { fileSystem, readBytes, writeBytes } from "./file-system.ts";

/** A file that is published under a checksum. */
export interface PublishedFile {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** The files of Fashion-MNIST as its authors publish them. */
export const fashionMnistFiles: readonly PublishedFile[] = [
  {
    name: "train-images-idx3-ubyte.gz",
    bytes: 26_421_880,
    sha256: "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
  },
  {
    name: "train-labels-idx1-ubyte.gz",
    bytes: 29_515,
    sha256: "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
  },
  {
    name: "t10k-images-idx3-ubyte.gz",
    bytes: 4_422_102,
    sha256: "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
  },
  {
    name: "t10k-labels-idx1-ubyte.gz",
    bytes: 5_148,
    sha256: "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
  },
];

/** Folders on the network that hold them, tried in this order. */
export const fashionMnistMirrors: readonly string[] = [
  "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
  "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
];

/** How `downloadFashionMnist` works. */
export interface DownloadOptions {
  /** The folder to fill; files that are there already and whole are not fetched again. */
  readonly dir: string;
  /** Default: the platform's own. */
  readonly fetch?: (url: string) => Promise<Response>;
  /** Default `fashionMnistMirrors`. */
  readonly mirrors?: readonly string[];
  /** Default `fashionMnistFiles`. */
  readonly files?: readonly PublishedFile[];
  /** Called before each file is fetched. */
  readonly onFetch?: (url: string, file: PublishedFile) => void;
}

/**
 * Fill a folder with the files of Fashion-MNIST, each checked against its SHA-256 before it is kept.
 *
 * @returns the folder, for `fashionMnist({ dir })`
 * @throws {DataError}  a file that is there already, or one that came, has another checksum; no mirror answers; the folder
 *                      cannot be written. A file that was there is never changed, and nothing of another checksum is kept.
 * @example
 * const clothing = await fashionMnist({ dir: await downloadFashionMnist({ dir: "data/fashion-mnist" }) });
 */
export async function downloadFashionMnist(options: DownloadOptions): Promise<string> {
  const { dir, files = fashionMnistFiles } = options;
  const { fs, path } = fileSystem();
  for (const file of files) {
    const target = path.join(dir, file.name);
    const exists = await fs.stat(target).then(
      () => true,
      () => false,
    );
    if (exists) checkSha256(target, await readBytes(target), file.sha256);
    else await writeBytes(target, await fetchChecked(file, options));
  }
  return dir;
}

async function fetchChecked(file: PublishedFile, options: DownloadOptions): Promise<Uint8Array> {
  const { fetch = globalThis.fetch, mirrors = fashionMnistMirrors, onFetch } = options;
  let lastFailure: DataError | undefined;
  for (const mirror of mirrors) {
    const url = new URL(file.name, mirror).href;
    onFetch?.(url, file);
    let bytes: Uint8Array;
    try {
      bytes = await fetchBytes(url, fetch);
    } catch (error) {
      lastFailure = error as DataError; // this mirror does not answer; another may
      continue;
    }
    if (bytes.length !== file.bytes) {
      const help = "Nothing was kept. Try again, or get the file by another way.";
      throw dataError(url, "download has another size", {
        expected: `${file.bytes} bytes`,
        got: `${bytes.length} bytes`,
        help,
      });
    }
    checkSha256(url, bytes, file.sha256);
    return bytes;
  }
  throw lastFailure ?? new UsageError({ where: "downloadFashionMnist", problem: "there is no mirror to ask" });
}

async function fetchBytes(url: string, fetch: (url: string) => Promise<Response>): Promise<Uint8Array> {
  const help = "Check the network, or get the file by another way and name its folder.";
  let response: Response;
  try {
    response = await fetch(url);
    if (response.ok) return new Uint8Array(await response.arrayBuffer());
  } catch (cause) {
    throw dataError(url, "download failed", {
      got: cause instanceof Error ? cause.message : String(cause),
      help,
      cause,
    });
  }
  throw dataError(url, "download failed", { got: `HTTP status ${response.status}`, help });
}
