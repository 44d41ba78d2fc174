/** The page: the sections in the order in which a reader asks. */

import { createHash } from "node:crypto";
import { type Html, html, Html as Markup } from "@kronograd/figures";
import type { ReportData } from "./run-data.ts";
import { script } from "./script.ts";
import { lossCharts, mainChart } from "./sections/charts.ts";
import { header, subject, summary } from "./sections/header.ts";
import { download, noticesSection, rulesSection } from "./sections/notes.ts";
import { phaseSection } from "./sections/phases.ts";
import { reportedSection } from "./sections/reported.ts";
import { plans, setup } from "./sections/setup.ts";
import { style } from "./style.ts";

/**
 * Render a report as one HTML document.
 *
 * The content policy lets the page load nothing and run nothing but the script that is in it. The same data give the same
 * bytes: nothing here asks for the time.
 */
export function page(data: ReportData): string {
  const policy = `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${createHash("sha256").update(script).digest("base64")}'`;
  const body: Html = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>${subject(data)}</title>
<style>${new Markup(style)}</style>
</head>
<body>
${header(data)}
<main>
${mainChart(data)}
${summary(data)}
${lossCharts(data)}
${phaseSection(data)}
${reportedSection(data)}
${plans(data)}
${rulesSection(data)}
${noticesSection(data)}
${setup(data)}
${download(data)}
</main>
<script>${new Markup(script)}</script>
</body>
</html>
`;
  return body.text;
}
