/**
 * Files, read whole and written whole or not at all.
 *
 * Node's modules are looked up when a file is touched, not imported: a bundler for a page finds no `node:` specifier, and a
 * page that calls these functions gets an error that says so.
 */

import { BackendError, DataError } from "@kronograd/tensor";
import { dataError } from "../data-error.ts";
import type { FileSource } from "../sets/file-source.ts";

/** Node's asynchronous file functions, where there are any (Node, Deno, Bun). */
export function fileSystem() {
  const { process } = globalThis;
  if (typeof process?.getBuiltinModule !== "function") {
    throw new BackendError({
      where: "@kronograd/data/node",
      problem: "there is no file system here",
      help: "Fetch the bytes, and use the readers of @kronograd/data.",
    });
  }
  return { fs: process.getBuiltinModule("node:fs/promises"), path: process.getBuiltinModule("node:path") };
}

/**
 * Read a whole file.
 *
 * @throws {DataError}  it cannot be read
 * @example
 * readNpy(await readBytes("weights.npy"), { file: "weights.npy" });
 */
export async function readBytes(path: string): Promise<Uint8Array> {
  try {
    const { buffer, byteOffset, length } = await fileSystem().fs.readFile(path);
    return new Uint8Array(buffer, byteOffset, length);
  } catch (cause) {
    throw refused(path, "read", cause, "Check the path and its permissions.");
  }
}

/**
 * Write a whole file or none: into a temporary file beside it, which is flushed to the disk and then renamed. A file that
 * was there before stays as it was if anything fails. Missing folders are made.
 *
 * @throws {DataError}  it cannot be written (a full disk, a missing permission)
 * @example
 * await writeBytes("weights.npy", writeNpy({ data: await weight.data(), shape: weight.shape }));
 */
export async function writeBytes(path: string, bytes: Uint8Array): Promise<void> {
  const { fs, path: paths } = fileSystem();
  const temporary = `${path}.${crypto.randomUUID()}.partial`;
  try {
    await fs.mkdir(paths.dirname(path), { recursive: true });
    const handle = await fs.open(temporary, "wx");
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await fs.rename(temporary, path);
  } catch (cause) {
    await fs.rm(temporary, { force: true }).catch(() => {}); // the first failure is the one to report
    throw refused(path, "written", cause, "Free some space, or choose another folder.");
  }
}

/** The files of a folder, as readers of data sets take them. */
export const filesIn = (folder: string): FileSource => ({
  place: folder,
  async read(names, help) {
    const file = await findFile(folder, names, help);
    return { file, bytes: await readBytes(file) };
  },
});

/** The first of these files of a folder that exists; its whole path. */
export async function findFile(folder: string, names: readonly string[], help: string): Promise<string> {
  const { fs, path } = fileSystem();
  for (const name of names) {
    const candidate = path.join(folder, name);
    const found = await fs.stat(candidate).catch(() => undefined);
    if (found?.isFile()) return candidate;
  }
  throw dataError(folder, "file is missing", { expected: names.join(" or "), got: "none of them", help });
}

function refused(path: string, verb: string, cause: unknown, help: string): Error {
  if (cause instanceof BackendError || cause instanceof DataError) return cause;
  const got = (cause as { code?: string }).code ?? String(cause);
  return dataError(path, `file cannot be ${verb}`, { got, help, cause });
}
