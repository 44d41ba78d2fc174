/** The report's style sheet: light and dark by the reader's preference, narrow and wide, paper. */

import { darkColours, lightColours, pageColours } from "./chart/palette.ts";

/** Fill and text colour of each phase, in the order of `phases`: cool for the gradient, warm for the curvature. */
const phaseColours = [
  ["#b8c4d0", "#14171c"],
  ["#7fb2dc", "#14171c"],
  ["#3d78ad", "#ffffff"],
  ["#f2d27a", "#14171c"],
  ["#eaa14f", "#14171c"],
  ["#c4522f", "#ffffff"],
  ["#8c3560", "#ffffff"],
  ["#5f7a68", "#ffffff"],
  ["#39524a", "#ffffff"],
  ["#a9a29a", "#14171c"],
] as const;

const variables = (colours: readonly string[]): string => colours.map((colour, i) => `--c${i}:${colour}`).join(";");
const light = `--page:${pageColours.light};--text:#1b1f24;--soft:#59626c;--line:#dfe3e8;--wash:#f4f6f8;--good:#00684d;--bad:#a5222f;${variables(lightColours)}`;
const dark = `--page:${pageColours.dark};--text:#e8ebef;--soft:#a3adb8;--line:#303740;--wash:#1c2127;--good:#4fd1a5;--bad:#ff8f9d;${variables(darkColours)}`;

export const style = `:root{color-scheme:light dark;${light}}
@media (prefers-color-scheme:dark){:root{${dark}}}
*{box-sizing:border-box}
body{margin:0 auto;padding:2.2rem 1.25rem 4rem;max-width:1240px;background:var(--page);color:var(--text);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",sans-serif}
h1{font-size:clamp(1.35rem,.9rem + 1.7vw,1.85rem);line-height:1.25;margin:.3rem 0 .7rem;max-width:42em;text-wrap:balance;letter-spacing:-.01em}
h2{font-size:1.3rem;margin:2.8rem 0 .5rem}
h3{font-size:1.02rem;margin:1.4rem 0 .2rem}
p{margin:.4rem 0}
.subject{color:var(--soft);font-weight:600;overflow-wrap:anywhere}
.whole{white-space:nowrap}
.lead{font-size:1.08rem}
.note,small,caption{color:var(--soft)}
.note{font-size:.9rem;max-width:70em}
figure{margin:0}
figcaption{display:flex;flex-wrap:wrap;align-items:baseline;gap:0 .8rem}
figcaption .note{margin:0}
.three{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(320px,100%),1fr));gap:.5rem 1.2rem;align-items:start}
.chart{display:block;width:100%;height:auto;max-width:620px;overflow:visible}
.chart text{font-size:11px;fill:var(--soft)}
.chart .name{fill:var(--text)}
.axis path{stroke:var(--line);stroke-width:1;fill:none}
.axis .base{stroke:var(--soft)}
.guide{stroke:var(--soft);stroke-width:1;stroke-dasharray:1 3;fill:none}
${lightColours.map((_, i) => `.c${i}{--c:var(--c${i})}`).join("")}
.line{stroke:var(--c);stroke-width:2;fill:none;stroke-linejoin:round}
.stray{stroke:var(--c);stroke-width:1;fill:none;opacity:.75}
.band{fill:var(--c);opacity:.16}
.dot{fill:var(--c);stroke:var(--page);stroke-width:.8}
.dot.on{r:4.5px;stroke:var(--text)}
.diverged{stroke:var(--c);stroke-width:2.5;fill:none}
.chart .end{fill:var(--c);font-weight:600;paint-order:stroke;stroke:var(--page);stroke-width:3px;stroke-linejoin:round}
.legend{display:flex;flex-wrap:wrap;gap:.2rem 1.4rem;list-style:none;margin:.5rem 0;padding:.35rem 0}
.legend li{display:flex;align-items:center}
section>.legend{position:sticky;top:0;background:var(--page);z-index:1;border-bottom:1px solid var(--line)}
.swatch{width:30px;height:8px;flex:none}
.chip{width:14px;height:14px;margin-right:.4rem;border-radius:3px}
.rival{display:inline-flex;align-items:center;gap:.45rem;font-weight:600;white-space:nowrap}
.bar-row{display:grid;grid-template-columns:6.5rem 1fr 5rem;gap:.7rem;align-items:center;margin:.35rem 0}
.bar-row span:last-child{font-variant-numeric:tabular-nums;white-space:nowrap}
.bar{width:100%;height:30px;display:block}
.bar rect{stroke:var(--page);stroke-width:1}
.bar text{font-size:12px}
${phaseColours.map(([fill, text], i) => `rect.p${i}{fill:${fill}}.on.p${i}{fill:${text}}`).join("")}
.scroll{overflow-x:auto;margin:.5rem 0}
table{border-collapse:collapse;font-size:.92rem;font-variant-numeric:tabular-nums;min-width:min(100%,36rem)}
.hush caption{position:absolute;clip-path:inset(50%)}
caption{max-width:calc(100vw - 2.5rem);text-align:left;font-size:.85rem;padding-bottom:.3rem}
th,td{padding:.42rem .8rem;text-align:right;vertical-align:baseline;border-bottom:1px solid var(--line);white-space:nowrap}
thead th{color:var(--soft);font-weight:500;font-size:.85rem;vertical-align:bottom;white-space:normal;min-width:5.2rem;line-height:1.3}
thead small{display:block}
th:first-child{text-align:left;padding-left:0;min-width:0;position:sticky;left:0;background:var(--page)}
tbody th{font-weight:500}
.words th,.words td{text-align:left}
.summary{width:100%}
.summary td small{display:block}
.summary td{font-weight:600}
.summary td small{font-weight:400}
.rules th,.rules td{white-space:normal}
.rules tbody th{min-width:15rem}
.state{white-space:nowrap}
.met{color:var(--good)}
.not-met{color:var(--bad);font-weight:600}
.not-recorded{color:var(--soft)}
details{margin:.4rem 0 .8rem}
summary{cursor:pointer;color:var(--soft);font-size:.9rem}
.facts{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(230px,100%),1fr));gap:.7rem 1.5rem;margin:.6rem 0}
.facts div{min-width:0}
dt{color:var(--soft);font-size:.85rem}
dd{margin:0;overflow-wrap:anywhere}
pre{background:var(--wash);padding:.8rem 1rem;border-radius:6px;white-space:pre-wrap;overflow-wrap:anywhere;font-size:.9rem;margin:.4rem 0}
.notices{padding-left:1.2rem;overflow-wrap:anywhere}
a{color:var(--c0)}
:focus-visible{outline:2px solid var(--c0);outline-offset:2px}
#tip{position:fixed;z-index:2;pointer-events:none;background:var(--page);border:1px solid var(--line);border-radius:6px;padding:.4rem .6rem;font-size:.82rem;box-shadow:0 2px 10px #0003;font-variant-numeric:tabular-nums}
#tip div{white-space:nowrap}
@media (max-width:700px){body{padding:1.2rem 1rem 3rem}.bar-row{grid-template-columns:1fr auto;gap:.1rem .7rem}.bar-row .bar{grid-row:2;grid-column:1/3}.bar text{display:none}.rules tbody th{position:static;min-width:9rem}th,td{padding:.4rem .55rem}}
@media print{:root{${light}}body{max-width:none;padding:0;font-size:11px}section{break-inside:auto}figure,tr{break-inside:avoid}h2,h3{break-after:avoid}details{display:none}section>.legend{position:static}.three{grid-template-columns:repeat(3,1fr)}.chart text{font-size:13px}.scroll{overflow:visible}th,td{padding:.25rem .4rem}rect,.band{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
`;
