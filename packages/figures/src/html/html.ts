/** Text that is safe by construction: whatever is not markup of our own is escaped where it is put in. */

/** Markup that needs no more escaping. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** What a template takes: strings are escaped, lists joined, `null` and `false` left out. */
export type Piece = Html | string | number | null | false | readonly Piece[];

/**
 * Make markup from a template; every value in it is escaped but for markup made the same way.
 *
 * @example
 * html`<td>${"a < b"}</td>`.text;   // "<td>a &lt; b</td>"
 */
export function html(strings: TemplateStringsArray, ...values: Piece[]): Html {
  return new Html(strings.reduce((text, part, i) => text + show(values[i - 1] as Piece) + part));
}

/** Escape a text for an element's content or a quoted attribute. */
export function escapeText(text: string): string {
  return text.replace(/[&<>"'`]/g, (c) => entities[c] as string).replace(controls, "\uFFFD");
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
  "`": "&#96;",
};

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that no document may hold
const controls = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F]/g;

function show(piece: Piece): string {
  if (piece instanceof Html) return piece.text;
  if (piece === null || piece === false) return "";
  if (typeof piece === "object") return piece.map(show).join("");
  return escapeText(String(piece));
}
