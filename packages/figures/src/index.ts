/** `@kronograd/figures`: design tokens, charts, tables and number formats. It imports nothing: arrays in, SVG and HTML out. */

export * from "./charts/bars.ts";
export * from "./charts/chart-style.ts";
export * from "./charts/decimate.ts";
export * from "./charts/end-labels.ts";
export * from "./charts/extent.ts";
export * from "./charts/line-chart.ts";
export * from "./charts/scale.ts";
export * from "./html/html.ts";
export * from "./html/table.ts";
export * from "./numbers/spread.ts";
export * from "./numbers/statistics.ts";
export * from "./text/columns.ts";
export * from "./tokens/contrast.ts";
export * from "./tokens/palette.ts";
export * from "./tokens/sheet.ts";
export * from "./tokens/tokens.ts";
