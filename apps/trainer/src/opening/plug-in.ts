/** Code of the user's own: a TypeScript or JavaScript file whose default export makes a model or an optimizer. */

import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { KronogradError, UsageError } from "@kronograd/tensor";

/**
 * Load the default export of a file.
 *
 * @param what  what it should make, for messages: "a model"
 * @throws {UsageError} there is no such file, it cannot be loaded, or its default export is not a function
 */
export async function loadPlugIn(file: string, what: string): Promise<(...values: never[]) => unknown> {
  const path = resolve(file);
  if (!existsSync(path)) {
    throw new UsageError({ where: file, problem: "there is no such file", expected: `a file that makes ${what}` });
  }
  const exported = await load(file, path);
  if (typeof exported === "function") return exported as (...values: never[]) => unknown;
  throw new UsageError({
    where: file,
    problem: "has no function as its default export",
    expected: `export default a function that makes ${what}`,
    got: typeof exported,
    help: "`kronograd list models` and `kronograd list optimizers` show the form.",
  });
}

async function load(file: string, path: string): Promise<unknown> {
  try {
    const module = (await import(pathToFileURL(path).href)) as { default?: unknown };
    return module.default;
  } catch (cause) {
    if (cause instanceof KronogradError) throw cause;
    throw new UsageError({ where: file, problem: `cannot be loaded: ${(cause as Error).message}`, cause });
  }
}
