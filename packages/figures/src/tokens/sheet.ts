/** The tokens as a style sheet. */

import { contrast } from "./contrast.ts";
import { type ColourToken, dark, light, measures, phaseNames, shadows, type Tokens } from "./tokens.ts";

/**
 * Write all tokens as custom properties.
 *
 * They are light unless the reader prefers dark; the root element can ask for either by `data-theme`, and paper is always
 * light. The sheet suits a page and a drawing that stands by itself.
 *
 * @param names  properties that are wanted, without their dashes (default: all)
 * @example
 * tokenSheet(["ink"]);   // ":root{color-scheme:light;--ink:#1a1e22} …"
 */
export function tokenSheet(names?: readonly string[]): string {
  const rules = (tokens: Tokens): string =>
    Object.entries(tokens)
      .filter(([name]) => names === undefined || names.includes(name))
      .map(([name, value]) => `;--${name}:${value}`)
      .join("");
  const dim = `color-scheme:dark${rules({ ...dark, ...phaseText(dark), shadow: shadows.dark })}`;
  return [
    `:root{color-scheme:light${rules({ ...measures, ...light, ...phaseText(light), shadow: shadows.light })}}`,
    `@media screen{:root[data-theme="dark"]{${dim}}}`,
    `@media screen and (prefers-color-scheme:dark){:root:not([data-theme="light"]){${dim}}}`,
  ].join("\n");
}

/** Colours of text on the parts of a step: ink, or what is written on ink, whichever can be read better. */
function phaseText(theme: Readonly<Record<ColourToken, string>>): Tokens {
  const { ink, "on-ink": onInk } = theme;
  const better = (fill: string) => (contrast(ink, fill) >= contrast(onInk, fill) ? ink : onInk);
  return Object.fromEntries(phaseNames.map((name) => [`on-ph-${name}`, better(theme[`ph-${name}`])]));
}
