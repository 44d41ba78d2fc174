/** The report's style sheet: tokens, charts, and the page around them; light and dark by the reader's preference, narrow and wide, paper. */

import { chartStyle, tokenSheet } from "@kronograd/figures";

export const style = `${tokenSheet()}
${chartStyle}
*{box-sizing:border-box}
body{margin:0 auto;padding:2.2rem 1.25rem 4rem;max-width:1240px;background:var(--page);color:var(--ink);font:16px/1.5 var(--ui)}
h1{font-size:clamp(1.35rem,.9rem + 1.7vw,1.85rem);line-height:1.25;margin:.3rem 0 .7rem;max-width:42em;text-wrap:balance;letter-spacing:-.01em}
h2{font-size:1.3rem;margin:2.8rem 0 .5rem}
h3{font-size:1.02rem;margin:1.4rem 0 .2rem}
p{margin:.4rem 0}
.subject{color:var(--ink-3);font-weight:600;overflow-wrap:anywhere}
.whole{white-space:nowrap}
.lead{font-size:1.08rem}
.note,small,caption{color:var(--ink-3)}
.note{font-size:.9rem;max-width:70em}
figure{margin:0}
figcaption{display:flex;flex-wrap:wrap;align-items:baseline;gap:0 .8rem}
figcaption .note{margin:0}
.three{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(320px,100%),1fr));gap:.5rem 1.2rem;align-items:start}
.chart{width:100%;height:auto;max-width:620px}
.legend{display:flex;flex-wrap:wrap;gap:.2rem 1.4rem;list-style:none;margin:.5rem 0;padding:.35rem 0}
.legend li{display:flex;align-items:center}
section>.legend{position:sticky;top:0;background:var(--page);z-index:1;border-bottom:1px solid var(--line-2)}
.chip{width:14px;height:14px;margin-right:.4rem;border-radius:3px}
.rival{display:inline-flex;align-items:center;gap:.45rem;font-weight:600;white-space:nowrap}
.bar-row{display:grid;grid-template-columns:6.5rem 1fr 5rem;gap:.7rem;align-items:center;margin:.35rem 0}
.bar-row span:last-child{font-variant-numeric:tabular-nums;white-space:nowrap}
.scroll{overflow-x:auto;margin:.5rem 0}
table{border-collapse:collapse;font-size:.92rem;font-variant-numeric:tabular-nums;min-width:min(100%,36rem)}
.hush caption{position:absolute;clip-path:inset(50%)}
caption{max-width:calc(100vw - 2.5rem);text-align:left;font-size:.85rem;padding-bottom:.3rem}
th,td{padding:.42rem .8rem;text-align:right;vertical-align:baseline;border-bottom:1px solid var(--line);white-space:nowrap}
thead th{color:var(--ink-3);font-weight:500;font-size:.85rem;vertical-align:bottom;white-space:normal;min-width:5.2rem;line-height:1.3;border-bottom-color:var(--line-2)}
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
.not-recorded{color:var(--ink-3)}
details{margin:.4rem 0 .8rem}
summary{cursor:pointer;color:var(--ink-3);font-size:.9rem}
.facts{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(230px,100%),1fr));gap:.7rem 1.5rem;margin:.6rem 0}
.facts div{min-width:0}
dt{color:var(--ink-3);font-size:.85rem}
dd{margin:0;overflow-wrap:anywhere}
pre{background:var(--panel);border:1px solid var(--line);padding:.8rem 1rem;border-radius:var(--radius-s);font:.9rem/1.5 var(--mono);white-space:pre-wrap;overflow-wrap:anywhere;margin:.4rem 0}
code{font-family:inherit}
.notices{padding-left:1.2rem;overflow-wrap:anywhere}
a{color:inherit;text-decoration-color:var(--line-2);text-underline-offset:3px}
a:hover{text-decoration-color:currentColor}
:focus-visible{outline:2px solid var(--ink);outline-offset:2px}
#tip{position:fixed;z-index:2;pointer-events:none;background:var(--panel);border:1px solid var(--line-2);border-radius:var(--radius-s);padding:.4rem .6rem;font-size:.82rem;box-shadow:var(--shadow);font-variant-numeric:tabular-nums}
#tip div{white-space:nowrap}
@media (max-width:700px){body{padding:1.2rem 1rem 3rem}.bar-row{grid-template-columns:1fr auto;gap:.1rem .7rem}.bar-row .bar{grid-row:2;grid-column:1/3}.bar text{display:none}.rules tbody th{position:static;min-width:9rem}th,td{padding:.4rem .55rem}}
@media print{:root{--page:#fff}body{max-width:none;padding:0;font-size:11px}section{break-inside:auto}figure,tr{break-inside:avoid}h2,h3{break-after:avoid}details{display:none}section>.legend{position:static}.three{grid-template-columns:repeat(3,1fr)}.chart text{font-size:13px}.scroll{overflow:visible}th,td{padding:.25rem .4rem}rect,.band{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
`;
