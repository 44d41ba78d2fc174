/**
 * Fails when something public has no doc comment, or one whose first line is not a sentence.
 *
 * Public is what a package's entries export and the package itself declares; re-exports of other packages are theirs.
 */
import { join } from "node:path";
import ts from "typescript";
import { entryFiles, fromRoot, root, type Workspace, workspaces } from "./workspace.ts";

export interface Coverage {
  readonly total: number;
  /** One line per gap, starting with file:line. */
  readonly gaps: readonly string[];
}

/** Say what is wrong with a doc comment, or nothing. */
export function docProblem(text: string): string | undefined {
  const first = text.split("\n", 1)[0]?.trim() ?? "";
  if (first === "") return "has no doc comment";
  // The sentence must end on that line; more text may follow.
  return /[.!?]["'”)`]*(\s|$)/.test(first) ? undefined : `first line is not a sentence with a full stop: "${first}"`;
}

/** Look at every public symbol of these packages. */
export function docCoverage(packages: readonly Workspace[], base = root): Coverage {
  const entries = packages.flatMap((workspace) =>
    [...entryFiles(workspace, base).values()].map((file) => ({ workspace, file: join(base, file) })),
  );
  const program = ts.createProgram(
    entries.map(({ file }) => file),
    compilerOptions(),
  );
  const checker = program.getTypeChecker();
  const gaps = new Set<string>();
  const seen = new Set<ts.Symbol>();

  for (const { workspace, file } of entries) {
    const source = program.getSourceFile(file);
    const module = source && checker.getSymbolAtLocation(source);
    if (!module) continue; // an entry without exports
    for (const exported of checker.getExportsOfModule(module)) {
      const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
      const declaration = symbol.declarations?.[0];
      const declaredIn = declaration?.getSourceFile();
      if (!declaration || !declaredIn || seen.has(symbol)) continue;
      if (!declaredIn.fileName.startsWith(`${join(base, workspace.folder)}/`)) continue;
      seen.add(symbol);
      const text = ts.isSourceFile(declaration)
        ? headOf(declaration) // a namespace is documented by its file
        : ts.displayPartsToString(symbol.getDocumentationComment(checker));
      const problem = docProblem(text);
      if (problem === undefined) continue;
      const { line } = declaredIn.getLineAndCharacterOfPosition(declaration.getStart());
      gaps.add(`${fromRoot(declaredIn.fileName)}:${line + 1}: ${exported.name} ${problem}`);
    }
  }
  return { total: seen.size, gaps: [...gaps].sort((a, b) => a.localeCompare(b, "en", { numeric: true })) };
}

/** The comment that a file begins with. */
function headOf({ text }: ts.SourceFile): string {
  const [, head = ""] = /^\/\*\*(.*?)\*\//s.exec(text) ?? [];
  return head.replace(/^\s*\* ?/gm, "").trim();
}

function compilerOptions(): ts.CompilerOptions {
  const path = join(root, "tsconfig.json");
  const { config } = ts.readConfigFile(path, ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [] }, ts.sys, root, {}, path);
  return { ...options, noLib: true, types: [] }; // names and comments need no library
}

if (import.meta.main) {
  const { total, gaps } = docCoverage(workspaces().filter(({ folder }) => folder.startsWith("packages/")));
  for (const gap of gaps) console.error(gap);
  console.log(`docs: ${total - gaps.length} of ${total} public symbols have a doc line`);
  process.exitCode = gaps.length === 0 ? 0 : 1;
}
