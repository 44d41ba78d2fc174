/**
 * Fails when an import points up, sideways or round.
 *
 * Reads every source file of every workspace, and of the folders that are none (bench, platforms, …), and checks, against
 * the tables in arrows.ts: imports between packages, npm imports, manifests, circular imports between files of a package,
 * of values and of types, what a public entry of a core package loads (no Node built-ins, no npm package), and code made
 * from strings.
 */
import { existsSync, readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { join, posix } from "node:path";
import { type Arrows, arrows, arrowsOf, forTests, knownCircles } from "./arrows.ts";
import { circularGroups, findCycles, shortestCycle } from "./cycles.ts";
import { type FileImports, type Import, readImports } from "./imports.ts";
import {
  entryFiles,
  isTest,
  looseFiles,
  looseFolders,
  root,
  sourceFiles,
  type Workspace,
  workspaces,
} from "./workspace.ts";

/** The tables that a tree is held to. */
export interface Tables {
  readonly table?: Readonly<Record<string, Arrows>>;
  readonly circles?: readonly string[];
}

type Files = ReadonlyMap<string, FileImports>;

/** Check the whole tree below `base`; each violation is one line that starts with file:line. */
export function checkArrows(base = root, { table = arrows, circles = knownCircles }: Tables = {}): string[] {
  const byName = new Map(workspaces(base).map((workspace) => [workspace.manifest.name, workspace]));
  return rooms(base).flatMap(({ workspace, files }) => {
    const rule = arrowsOf(workspace.id, table);
    if (!rule)
      return [`${workspace.folder}/package.json:1: "${workspace.id}" is not in scripts/arrows.ts. Add its row.`];
    return [
      ...checkManifest(workspace, rule, byName),
      ...[...files].flatMap(([file, { imports }]) =>
        imports.flatMap((found) => checkImport(file, found, workspace, rule, byName, base)),
      ),
      ...(isLoose(workspace) ? [] : checkEvals(files)),
      ...checkCycles(files, circles),
      ...(rule.core ? checkEntries(workspace, files, base) : []),
    ];
  });
}

/** Lines of the tables that nothing needs any more. */
export function staleLines(base = root, { table = arrows, circles = knownCircles }: Tables = {}): string[] {
  const all = rooms(base);
  const ids = all.map(({ workspace }) => workspace.id);
  const inCircles = all.flatMap(({ files }) => circularGroups(graphOf(files, true)).flatMap((group) => [...group]));
  const reached = all.flatMap(({ workspace, files }) => {
    const { reaches = [] } = arrowsOf(workspace.id, table) ?? {};
    const targets = [...files].flatMap(([file, { imports }]) => imports.map((found) => resolve(file, found.specifier)));
    return reaches
      .filter((reach) => !targets.some((target) => isBelow(target, reach)))
      .map((reach) => `${workspace.id} reaches nothing of ${reach}. Delete it.`);
  });
  return [
    ...Object.keys(table)
      .filter((id) => !ids.includes(id))
      .map((id) => `the row "${id}" has no folder. Delete it.`),
    ...circles
      .filter((file) => !inCircles.includes(file))
      .map((file) => `${file} is in no circle. Delete it from knownCircles.`),
    ...reached,
  ].map((says) => `scripts/arrows.ts:1: ${says}`);
}

/** Every workspace and every folder that is none, with its files. */
const rooms = (base: string): { readonly workspace: Workspace; readonly files: Files }[] =>
  [...workspaces(base), ...looseFolders(base)].map((workspace) => {
    const paths = isLoose(workspace) ? looseFiles(workspace, base) : sourceFiles(workspace, base);
    return {
      workspace,
      files: new Map(paths.map((file) => [file, readImports(file, readFileSync(join(base, file), "utf8"))])),
    };
  });

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
    if (!target.startsWith(`${workspace.folder}/`) && !mayReach(file, target, workspace, rule))
      return [`${at}"${specifier}" leaves ${workspace.folder}; import it by its name`];
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
    return isLoose(workspace) || isDeclared(workspace, name, isTest(file))
      ? []
      : [`${at}${name} is not in ${workspace.folder}/package.json`];
  }
  if (name.startsWith("@kronograd/")) return [`${at}${name} is not a workspace`];
  if (rule.workspaces === "any" && isDeclared(workspace, name, isLoose(workspace))) return [];
  const below = rule.npm?.[name];
  if (below === undefined) return [`${at}${workspace.id} may not import the npm package "${name}"`];
  const inside = file.startsWith(`${workspace.folder}/${below}`);
  return inside ? [] : [`${at}"${name}" may be imported only below ${workspace.folder}/${below}`];
}

function checkEvals(files: Files): string[] {
  return [...files]
    .filter(([file]) => !isTest(file))
    .flatMap(([file, { evals }]) => evals.map((line) => `${file}:${line}: makes code from a string (eval, Function)`));
}

/** Circles of values always fail, circles of types unless all of their files are known. */
function checkCycles(files: Files, known: readonly string[]): string[] {
  const values = findCycles(graphOf(files, false)).map((cycle) => ({ cycle, says: "circular import" }));
  const seen = new Set(values.flatMap(({ cycle }) => cycle));
  const graph = graphOf(files, true);
  const types = circularGroups(graph)
    .filter((group) => ![...group].some((file) => seen.has(file)) && ![...group].every((file) => known.includes(file)))
    .map((group) => ({ cycle: shortestCycle(graph, group), says: "circular import of types" }));
  return [...values, ...types].map(({ cycle, says }) => {
    const line =
      files.get(cycle[0]!)?.imports.find((found) => resolve(cycle[0]!, found.specifier) === cycle[1])?.line ?? 1;
    return `${cycle[0]}:${line}: ${says}: ${cycle.map((file) => posix.basename(file)).join(" → ")}`;
  });
}

/** What is loaded with a public entry of a core package (but `./node`) must run in any browser and need nothing installed. */
function checkEntries(workspace: Workspace, files: Files, base: string): string[] {
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

/** Which files of a workspace each imports, those that are imported for their types alone too if asked. */
const graphOf = (files: Files, types: boolean): Map<string, string[]> =>
  new Map(
    [...files].map(([file, { imports }]) => [
      file,
      imports
        .filter(({ kind, specifier }) => (kind === "static" || (types && kind === "type")) && specifier.startsWith("."))
        .map(({ specifier }) => resolve(file, specifier))
        .filter((target) => files.has(target)),
    ]),
  );

const loadedFiles = (file: string, imports: readonly Import[]): string[] =>
  imports
    .filter(({ kind, specifier }) => kind === "static" && specifier.startsWith("."))
    .map(({ specifier }) => resolve(file, specifier));

const resolve = (file: string, specifier: string): string => posix.join(posix.dirname(file), specifier);
const mayImport = (rule: Arrows, id: string): boolean => rule.workspaces === "any" || rule.workspaces.includes(id);
const allowed = ({ workspaces }: Arrows): string =>
  workspaces === "any" || workspaces.length === 0 ? "it imports nothing" : `only ${workspaces.join(", ")}`;
const isBelow = (file: string, folder: string): boolean => file.startsWith(`${folder}/`);
const mayReach = (file: string, target: string, workspace: Workspace, { reaches = [] }: Arrows): boolean =>
  (isTest(file) || isLoose(workspace)) && reaches.some((reach) => isBelow(target, reach));
const isLoose = ({ folder }: Workspace): boolean => !folder.includes("/");
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
  const problems = [...checkArrows(), ...staleLines()];
  for (const problem of problems) console.error(problem);
  console.log(problems.length === 0 ? "arrows: every import points down" : `arrows: ${problems.length} violations`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
