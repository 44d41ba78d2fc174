/** Read a report back, as a test needs it: its tables as text, its markup checked for balance. */

/** The tables of a page by caption, each row a list of texts. */
export function tablesOf(page: string): Map<string, string[][]> {
  return new Map(
    [...page.matchAll(/<table[^>]*><caption>(.*?)<\/caption>(.*?)<\/table>/gs)].map(([, caption, inside]) => [
      textOf(caption as string),
      [...(inside as string).matchAll(/<tr>(.*?)<\/tr>/gs)].map(([, row]) =>
        [...(row as string).matchAll(/<t[hd][^>]*>(.*?)<\/t[hd]>/gs)].map(([, cell]) => textOf(cell as string)),
      ),
    ]),
  );
}

/** Markup as a reader sees it. */
export function textOf(markup: string): string {
  const entities: Readonly<Record<string, string>> = { lt: "<", gt: ">", quot: '"', "#39": "'", "#96": "`", amp: "&" };
  return markup
    .replace(/<(style|script)>.*?<\/\1>/gs, "")
    .replace(/<[^>]*>/g, "")
    .replace(/&([^;]+);/g, (_, name: string) => entities[name] ?? `&${name};`)
    .replaceAll("\u202F", " ")
    .replace(/\s+/g, " ")
    .trim();
}

/** What is wrong with a piece of markup as XML: tags that do not pair, attributes without quotes or given twice. */
export function xmlFaults(markup: string): string[] {
  const open: string[] = [];
  const faults: string[] = [];
  for (const [tag, close, name, attributes, selfClosed] of markup.matchAll(
    /<(\/?)([a-zA-Z][\w-]*)((?:[^>"]|"[^"]*")*?)(\/?)>/g,
  )) {
    const names = [...(attributes as string).matchAll(/([\w:-]+)="[^"<]*"/g)].map(([, each]) => each);
    const rest = (attributes as string).replace(/\s+[\w:-]+="[^"<]*"/g, "").trim();
    if (rest !== "" || new Set(names).size !== names.length) faults.push(`attributes of ${tag}`);
    if (close === "/" && open.pop() !== name) faults.push(`${tag} closes another`);
    if (close === "" && selfClosed === "") open.push(name as string);
  }
  if (/&(?!(?:amp|lt|gt|quot|#\d+);)/.test(markup)) faults.push("an ampersand is not escaped");
  return [...faults, ...open.map((name) => `<${name}> is not closed`)];
}

/** The drawings of a page. */
export const drawingsOf = (page: string): string[] => page.match(/<svg.*?<\/svg>/gs) ?? [];
