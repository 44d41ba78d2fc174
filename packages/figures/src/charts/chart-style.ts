/** The style of charts, for a page with the tokens in it or for a drawing that stands by itself. */

import { paletteStyle } from "../tokens/palette.ts";
import { phaseNames } from "../tokens/tokens.ts";

/** Tokens that `chartStyle` uses. */
export const chartTokens: readonly string[] = [
  ...["ui", "page", "panel", "line", "line-2", "ink", "ink-2", "ink-3"],
  ...Array.from({ length: 6 }, (_, i) => `r${i}`),
  ...phaseNames.flatMap((phase) => [`ph-${phase}`, `on-ph-${phase}`]),
];

/** CSS rules for what `lineChart`, `stackedBar` and `swatch` draw. */
export const chartStyle = `.chart{display:block;overflow:visible}
.chart text{font:11px var(--ui);fill:var(--ink-3);font-variant-numeric:tabular-nums}
.chart .name{fill:var(--ink-2)}
.axis path{stroke:var(--line);stroke-width:1;fill:none}
.axis .base{stroke:var(--line-2)}
.guide{stroke:var(--ink-3);stroke-width:1;stroke-dasharray:1 3;fill:none}
${paletteStyle}
.line{stroke:var(--c);stroke-width:2;fill:none;stroke-linejoin:round}
.stray{stroke:var(--c);stroke-width:1;fill:none;opacity:.75}
.band{fill:var(--c);opacity:.14}
.dot{fill:var(--c);stroke:var(--page);stroke-width:.8}
.dot.on{r:4.5px;stroke:var(--ink)}
.diverged{stroke:var(--c);stroke-width:2.5;fill:none}
.chart .end{fill:var(--c);font-weight:600;paint-order:stroke;stroke:var(--page);stroke-width:3px;stroke-linejoin:round}
.swatch{width:30px;height:8px;flex:none}
.bar{width:100%;height:30px;display:block}
.bar rect{stroke:var(--page);stroke-width:1}
.bar text{font:12px var(--ui)}
${phaseNames.map((phase, i) => `rect.p${i}{fill:var(--ph-${phase})}.on.p${i}{fill:var(--on-ph-${phase})}`).join("")}`;
