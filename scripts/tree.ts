/** A small file tree in a temporary folder, for the tests of the scripts. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** Write files (path → text, or a value that becomes JSON); the folder goes away with the `using` that holds it. */
export function tree(files: Readonly<Record<string, unknown>>): { readonly base: string } & Disposable {
  const base = mkdtempSync(join(tmpdir(), "kronograd-tree-"));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(base, path)), { recursive: true });
    writeFileSync(join(base, path), typeof content === "string" ? content : JSON.stringify(content));
  }
  return { base, [Symbol.dispose]: () => rmSync(base, { recursive: true, force: true }) };
}
