/** Reads what one TypeScript file imports, and whether it makes code from strings. */
import ts from "typescript";

export interface Import {
  readonly specifier: string;
  readonly line: number;
  /** "type" leaves no trace at run time, "static" is loaded with the file, "dynamic" is an `import()` expression. */
  readonly kind: "type" | "static" | "dynamic";
}

export interface FileImports {
  readonly imports: readonly Import[];
  /** Lines that call `eval` or `Function`. */
  readonly evals: readonly number[];
}

/** List the imports of a file: import and export declarations, `import()` expressions and `import("…")` types. */
export function readImports(file: string, text: string): FileImports {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const imports: Import[] = [];
  const evals: number[] = [];
  const lineOf = (node: ts.Node): number => source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1;
  const add = (literal: ts.Node | undefined, kind: Import["kind"], node: ts.Node): void => {
    if (literal && ts.isStringLiteralLike(literal)) imports.push({ specifier: literal.text, line: lineOf(node), kind });
  };

  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) {
      // `import { type X } from` still loads the file under verbatimModuleSyntax; only `import type` does not.
      add(node.moduleSpecifier, isTypeOnly(node.importClause) ? "type" : "static", node);
    } else if (ts.isExportDeclaration(node)) {
      add(node.moduleSpecifier, node.isTypeOnly ? "type" : "static", node);
    } else if (ts.isImportTypeNode(node)) {
      if (ts.isLiteralTypeNode(node.argument)) add(node.argument.literal, "type", node);
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      add(node.arguments[0], "dynamic", node);
    } else if ((ts.isCallExpression(node) || ts.isNewExpression(node)) && namesEval(node.expression)) {
      evals.push(lineOf(node));
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return { imports, evals };
}

const isTypeOnly = (clause: ts.ImportClause | undefined): boolean =>
  clause?.phaseModifier === ts.SyntaxKind.TypeKeyword;

function namesEval(callee: ts.Expression): boolean {
  const name = ts.isIdentifier(callee) ? callee.text : globalMember(callee);
  return name === "eval" || name === "Function";
}

const globalMember = (callee: ts.Expression): string | undefined =>
  ts.isPropertyAccessExpression(callee) && ts.isIdentifier(callee.expression) && callee.expression.text === "globalThis"
    ? callee.name.text
    : undefined;
