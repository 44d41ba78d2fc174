/**
 * The examples of doc comments, made ready to run.
 *
 * An example is *self-contained* when every name in it is declared in it, a global, or in the scope that is given. Of those,
 * a statement that is an expression with a comment behind it (`sum(x); // 6`) states its value, where the comment is a value.
 */
import ts from "typescript";

/** One `@example` of a source file. */
export interface DocExample {
  readonly code: string;
  /** Line of the file where it begins. */
  readonly line: number;
}

/** Find the examples of a source text. */
export function docExamples(text: string): DocExample[] {
  return [...text.matchAll(/^ *\* @example\n((?: +\*(?!\/).*\n)+)/gm)].map((match) => ({
    code: (match[1] as string)
      .split(/^ *\* @/m, 1)[0]!
      .replace(/^ *\* ?/gm, "")
      .trimEnd(),
    line: text.slice(0, match.index).split("\n").length + 1,
  }));
}

/** Names that an example uses and neither declares where it uses them nor finds among the globals. */
export function freeNames(code: string): string[] {
  const file = "example.ts";
  const source = ts.createSourceFile(file, `${code}\nexport {};`, ts.ScriptTarget.ESNext);
  const host: ts.CompilerHost = {
    ...ts.createCompilerHost({}),
    fileExists: (path) => path === file,
    getSourceFile: (path) => (path === file ? source : undefined),
  };
  const program = ts.createProgram([file], { noLib: true, target: ts.ScriptTarget.ESNext, types: [] }, host);
  const unknown = program.getSemanticDiagnostics(source).filter(({ messageText }) => {
    return /^Cannot find name|^No value exists in scope/.test(ts.flattenDiagnosticMessageText(messageText, ""));
  });
  const names = unknown.map(({ start = 0, length = 0 }) => source.text.slice(start, start + length));
  return [...new Set(names)].filter((name) => !(name in globalThis));
}

/** Give an example as the body of an asynchronous function that calls `check(value, comment)` for each stated value. */
export function checkedBody(code: string): string {
  const source = parse(code);
  const edits = source.statements.flatMap((statement) => {
    const [comment] = ts.getTrailingCommentRanges(code, statement.end) ?? [];
    if (!ts.isExpressionStatement(statement) || comment === undefined) return [];
    const { expression } = statement;
    const said = code.slice(comment.pos + 2, comment.end).trim();
    const call = `check(${code.slice(expression.getStart(), expression.end)}, ${JSON.stringify(said)})`;
    return [{ start: expression.getStart(), end: expression.end, call }];
  });
  return edits.reduceRight((text, { start, end, call }) => text.slice(0, start) + call + text.slice(end), code);
}

/** Read a comment as a value, or undefined where it is prose: `[1, 2]`, `[0], [1]`, `{ a: 1 }`, `Float32Array [1]`. */
export function statedValue(comment: string): unknown {
  if (comment.includes("…")) return undefined;
  const plain = comment.replace(/^\w+Array /, "").replace(/(\w+):/g, '"$1":');
  for (const text of [plain, `[${plain}]`]) {
    try {
      return JSON.parse(text);
    } catch {}
  }
  return undefined;
}

function parse(code: string): ts.SourceFile {
  return ts.createSourceFile("example.ts", code, ts.ScriptTarget.ESNext, true);
}
