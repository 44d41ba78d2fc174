/**
 * Fails when an import points up, sideways or round.
 *
 * Reads every source file of every workspace and checks, against the table in arrows.ts: imports between packages, npm
 * imports, manifests, circular imports between files of a package (type-only imports do not count), what a public entry of
 * a core package loads (no Node built-ins, no npm package), and code made from strings.
 */
import { existsSync, readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { join, posix } from "node:path";
import { type Arrows, arrows, arrowsOf, forTests } from "./arrows.ts";
import { findCycles } from "./cycles.ts";
import { type FileImports, type Import, readImports } from "./imports.ts";
import { entryFiles, isTest, root, sourceFiles, type Workspace, workspaces } from "./workspace.ts";

/** Check the whole tree below `base`; each violation is one line that starts with file:line. */
export function checkArrows(base = root, table: Readonly<Record<string, Arrows>> = arrows): string[] {
  const all = workspaces(base);
  const byName = new Map(all.map((workspace) => [workspace.manifest.name, workspace]));
  return all.flatMap((workspace) => {
    const rule = arrowsOf(workspace.id, table);
    if (!rule)
      return [`${workspace.folder}/package.json:1: "${workspace.id}" is not in scripts/arrows.ts. Add its row.`];
    const files = new Map<string, FileImports>();
    for (const file of sourceFiles(workspace, base))
      files.set(file, readImports(file, readFileSync(join(base, file), "utf8")));
    return [
      ...checkManifest(workspace, rule, byName),
      ...[...files].flatMap(([file, { imports }]) =>
        imports.flatMap((found) => checkImport(file, found, workspace, rule, byName, base)),
      ),
      ...checkEvals(files),
      ...checkCycles(files),
      ...(rule.core ? checkEntries(workspace, files, base) : []),
    ];
  });
}

function checkManifest(workspace: Workspace, rule: Arrows, byName: ReadonlyMap<string, Workspace>): string[] {
  const { manifest } = workspace;
  const problems: string[] = [];
  const report = (what: string): void => void problems.push(`${workspace.folder}/package.json:1: ${what}`);
  for (const name of Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies })) {
    const target = byName.get(name);
    if (target && !mayImport(rule, target.id)) report(`depends on ${name}, which the arrows do not allow`);
    if (!target && rule.core && rule.npm?.[name] === undefined)
      report(`core packages have no runtime dependency (${name})`);
  }
  for (const script of ["preinstall", "install", "postinstall", "prepare"]) {
    if (manifest.scripts?.[script]) report(`has an install script ("${script}")`);
  }
  return problems;
}

function checkImport(
  file: string,
  { specifier, line }: Import,
  workspace: Workspace,
  rule: Arrows,
  byName: ReadonlyMap<string, Workspace>,
  base: string,
): string[] {
  const at = `${file}:${line}: `;
  if (specifier.startsWith(".")) {
    const target = posix.join(posix.dirname(file), specifier);
    if (!target.startsWith(`${workspace.folder}/`))
      return [`${at}"${specifier}" leaves the package; import it by its name`];
    return existsSync(join(base, target)) ? [] : [`${at}"${specifier}" is not a file (write the .ts extension)`];
  }
  if (isBuiltin(specifier)) return specifier.startsWith("node:") ? [] : [`${at}write "node:${specifier}"`];

  const name = packageName(specifier);
  if (isTest(file) && (forTests.includes(name) || name === workspace.manifest.name)) return [];
  const target = byName.get(name);
  if (target) {
    if (isTest(file) && rule.tests?.includes(target.id)) return [];
    if (!mayImport(rule, target.id)) return [`${at}${workspace.id} may not import ${target.id} (${allowed(rule)})`];
    if (target.id === workspace.id) return [`${at}imports its own package by name; use a relative path`];
    return isDeclared(workspace, name, isTest(file)) ? [] : [`${at}${name} is not in ${workspace.folder}/package.json`];
  }
  if (name.startsWith("@kronograd/")) return [`${at}${name} is not a workspace`];
  if (rule.workspaces === "any" && isDeclared(workspace, name)) return [];
  const below = rule.npm?.[name];
  if (below === undefined) return [`${at}${workspace.id} may not import the npm package "${name}"`];
  const inside = file.startsWith(`${workspace.folder}/${below}`);
  return inside ? [] : [`${at}"${name}" may be imported only below ${workspace.folder}/${below}`];
}

function checkEvals(files: ReadonlyMap<string, FileImports>): string[] {
  return [...files]
    .filter(([file]) => !isTest(file))
    .flatMap(([file, { evals }]) => evals.map((line) => `${file}:${line}: makes code from a string (eval, Function)`));
}

function checkCycles(files: ReadonlyMap<string, FileImports>): string[] {
  const graph = new Map([...files].map(([file, { imports }]) => [file, loadedFiles(file, imports)]));
  return findCycles(graph).map((cycle) => {
    const line =
      files.get(cycle[0]!)?.imports.find((found) => resolve(cycle[0]!, found.specifier) === cycle[1])?.line ?? 1;
    return `${cycle[0]}:${line}: circular import: ${cycle.map((file) => posix.basename(file)).join(" → ")}`;
  });
}

/** What is loaded with a public entry of a core package (but `./node`) must run in any browser and need nothing installed. */
function checkEntries(workspace: Workspace, files: ReadonlyMap<string, FileImports>, base: string): string[] {
  const problems: string[] = [];
  for (const [subpath, entry] of entryFiles(workspace, base)) {
    const seen = new Set<string>([entry]);
    for (const file of seen) {
      const { imports } = files.get(file) ?? { imports: [] };
      for (const { specifier, kind, line } of imports) {
        if (kind !== "static" || specifier.startsWith(".")) continue;
        if (isBuiltin(specifier) && subpath === "./node") continue; // an entry that says it is for Node
        const outside = isBuiltin(specifier) || (subpath === "." && !packageName(specifier).startsWith("@kronograd/"));
        if (outside)
          problems.push(`${file}:${line}: "${specifier}" is loaded with ${workspace.manifest.name}; use import()`);
      }
      for (const next of loadedFiles(file, imports)) seen.add(next);
    }
  }
  return [...new Set(problems)];
}

const loadedFiles = (file: string, imports: readonly Import[]): string[] =>
  imports
    .filter(({ kind, specifier }) => kind === "static" && specifier.startsWith("."))
    .map(({ specifier }) => resolve(file, specifier));

const resolve = (file: string, specifier: string): string => posix.join(posix.dirname(file), specifier);
const mayImport = (rule: Arrows, id: string): boolean => rule.workspaces === "any" || rule.workspaces.includes(id);
const allowed = ({ workspaces }: Arrows): string =>
  workspaces === "any" || workspaces.length === 0 ? "it imports nothing" : `only ${workspaces.join(", ")}`;
const packageName = (specifier: string): string => specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
const isDeclared = ({ manifest }: Workspace, name: string, inTest = false): boolean =>
  name in
  {
    ...manifest.dependencies,
    ...manifest.peerDependencies,
    ...manifest.optionalDependencies,
    ...(inTest ? manifest.devDependencies : {}),
  };

if (import.meta.main) {
  const problems = checkArrows();
  for (const problem of problems) console.error(problem);
  console.log(problems.length === 0 ? "arrows: every import points down" : `arrows: ${problems.length} violations`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
