/** What was run: data, model, machine, versions, settings, plan, and the command that repeats it. */

import { type Html, hiddenTable, html, named, type Piece, table } from "@kronograd/figures";
import * as format from "@kronograd/figures/format";
import { allRuns, type Fields, ofOneRun, type ReportData, type Rival } from "../run-data.ts";

/** The facts, the settings in which rivals differ, and the command line. */
export function setup(data: ReportData): Html {
  const { shared, own } = settings(data);
  const rows = own.map(({ key, values }) => [key, ...values]);
  return html`<section><h2>What was run</h2><dl class="facts">${facts(data).map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
${rows.length > 0 && html`<h3>Settings of each rival</h3>${table("Settings in which the rivals differ", ["setting", ...data.rivals.map(named)], rows, "words hush")}`}
${shared.length > 0 && hiddenTable("Settings that all share", table("Settings that all runs share", ["setting", "value"], shared, "words"))}
${command(data)}</section>`;
}

function facts(data: ReportData): [string, Piece][] {
  const [first] = allRuns(data);
  const config = first?.config ?? {};
  const text = (key: string): Piece =>
    typeof config[key] === "string" || typeof config[key] === "number" ? String(config[key]) : null;
  const seeds = [...new Set(allRuns(data).map(({ seed }) => seed))].filter((seed) => seed !== null);
  const versions =
    typeof config.versions === "object" && config.versions !== null
      ? Object.entries(config.versions)
          .map(([name, version]) => `${name} ${version}`)
          .join(", ")
      : null;
  const all: [string, Piece][] = [
    ["data", text("data")],
    ["model", text("model")],
    ["parameters", first?.plan ? format.count(first.plan.parameters) : null],
    ["batch", text("batch")],
    [seeds.length > 1 ? "seeds" : "seed", seeds.length > 0 ? seeds.join(", ") : null],
    [
      "device",
      first?.plan
        ? [first.plan.device, first.plan.why.length > 0 ? ` (${first.plan.why.join("; ")})` : ""]
        : text("backend"),
    ],
    ["memory of a step", memoryOf(data)],
    ["versions", versions],
    ["started", text("started")],
  ];
  return all.filter(([, value]) => value !== null);
}

/** The measured peak of each rival's first run, and what its plan said; null where no run tells. */
function memoryOf({ rivals }: ReportData): string | null {
  const peaks = rivals.flatMap(({ label, runs: [run] }) => {
    const { peakBytes: measured } = run?.end ?? {};
    const { peakBytes: planned } = run?.plan ?? {};
    if (typeof measured !== "number") return [];
    return [
      `${label} ${format.bytes(measured)}${typeof planned === "number" ? ` (planned ${format.bytes(planned)})` : ""}`,
    ];
  });
  return peaks.length === 0 ? null : peaks.join(", ");
}

/** Settings that all runs share, and those that differ between rivals; what differs between seeds of a rival is neither. */
export function settings(data: ReportData): { shared: [string, string][]; own: { key: string; values: string[] }[] } {
  const flat = data.rivals.map(({ runs }) => runs.map(({ config }) => new Map(flatten(settingsOnly(config)))));
  const keys = [...new Set(flat.flat().flatMap((map) => [...map.keys()]))];
  const shared: [string, string][] = [];
  const own: { key: string; values: string[] }[] = [];
  for (const key of keys) {
    const values = flat.map((runs) => [...new Set(runs.map((map) => map.get(key) ?? "–"))]);
    if (values.some(({ length }) => length > 1)) continue;
    const each = values.flat();
    if (new Set(each).size === 1) shared.push([key.replace(/^options\./, ""), each[0] as string]);
    else own.push({ key: key.replace(/^options\./, ""), values: each });
  }
  return { shared, own };
}

const settingsOnly = (config: Fields): Fields =>
  Object.fromEntries(Object.entries(config).filter(([key]) => !ofOneRun.has(key)));

/** Leaves of an object with their paths: { curve: { damping: 1 } } → curve.damping = 1. */
function flatten(fields: Fields, prefix = ""): [string, string][] {
  return Object.entries(fields).flatMap(([key, value]): [string, string][] => {
    if (typeof value === "object" && value !== null && !Array.isArray(value))
      return flatten(value as Fields, `${prefix}${key}.`);
    return [[`${prefix}${key}`, typeof value === "string" ? value : JSON.stringify(value)]];
  });
}

function command(data: ReportData): Html | null {
  const given = (data.race ?? allRuns(data)[0]?.config)?.command;
  const line = Array.isArray(given) ? given.join(" ") : given;
  return typeof line === "string" && line !== "" ? html`<h3>To repeat it</h3><pre><code>${line}</code></pre>` : null;
}

/** The plan: what was done to each layer, of each rival that uses curvature. */
export function plans(data: ReportData): Html | null {
  const planned = data.rivals.flatMap((rival) => {
    const plan = rival.runs[0]?.plan;
    return plan ? [{ rival, plan }] : [];
  });
  const curved = planned.filter(({ plan }) => plan.layers.some(({ form }) => form !== ""));
  const plain = planned.filter((each) => !curved.includes(each)).map(({ rival }) => rival.label);
  if (planned.length === 0) return null;
  return html`<section><h2>Plan of each layer</h2>${plain.length > 0 && html`<p class="note">${format.listing(plain)}: the plain gradient in every layer.</p>`}
${curved.map(planTable)}</section>`;
}

function planTable({ rival, plan }: { rival: Rival; plan: NonNullable<Rival["runs"][number]["plan"]> }): Html {
  const rows = plan.layers.map(({ name, shape, parameters, curvature, form, flops, bytes, precision }) => [
    name,
    `[${shape.join(", ")}]`,
    format.count(parameters),
    curvature,
    form || "–",
    flops > 0 ? format.short(flops) : "–",
    bytes > 0 ? format.bytes(bytes) : "–",
    precision || "–",
  ]);
  return html`<h3>${named(rival)}</h3>${table(`Layers of ${rival.label}`, ["layer", "weight", "parameters", "curvature", "form", "flops a step", "kept", "precision"], rows, "words hush")}`;
}
