/** Where the time of a step goes. */

import { type Html, html, named, stackedBar, table } from "@kronograd/figures";
import { ms } from "@kronograd/figures/format";
import { type Phase, phases } from "@kronograd/train";
import type { ReportData, Rival } from "../run-data.ts";

/** Milliseconds a step by phase, over all steps of all seeds; `null` where nothing was measured. */
export function phaseTimes(rival: Rival): ReadonlyMap<Phase, number> | null {
  const events = rival.runs.flatMap((run) => run.phases);
  const steps = events.reduce((total, event) => total + event.steps, 0);
  if (steps === 0) return null;
  return new Map(phases.map((phase) => [phase, events.reduce((total, { ms }) => total + (ms[phase] ?? 0), 0) / steps]));
}

/** Stacked bars, one for each rival, and the same as a table. */
export function phaseSection(data: ReportData): Html | null {
  const timed = data.rivals.flatMap((rival) => {
    const times = phaseTimes(rival);
    return times === null ? [] : [{ rival, times, total: [...times.values()].reduce((a, b) => a + b, 0) }];
  });
  if (timed.length === 0) return null;
  const seen = phases.filter((phase) => timed.some(({ times }) => (times.get(phase) ?? 0) > 0));
  const longest = Math.max(...timed.map(({ total }) => total));
  const bars = timed.map(({ rival, times, total }) => {
    const segments = seen.map((name) => {
      const value = times.get(name) ?? 0;
      return {
        name,
        index: phases.indexOf(name),
        value,
        text: `${rival.label}, ${name}: ${ms(value)} ms/step, ${((100 * value) / total).toFixed(0)}\u202F%`,
      };
    });
    return html`<div class="bar-row">${named(rival)}${stackedBar(`Time of a step of ${rival.label}`, segments, longest)}<span>${ms(total)} ms</span></div>`;
  });
  const legend = seen.map(
    (phase) =>
      html`<li><svg class="chip" aria-hidden="true"><rect class="p${phases.indexOf(phase)}" width="100%" height="100%"/></svg>${phase}</li>`,
  );
  const rows = timed.map(({ rival, times, total }) => [
    named(rival),
    ...seen.map((phase) => (times.get(phase) ? ms(times.get(phase) as number) : "–")),
    html`<strong>${ms(total)}</strong>`,
  ]);
  return html`<section><h2>Time by phase</h2><p class="note">Milliseconds of a step, mean over all steps and seeds.</p>
<figure>${bars}<ul class="legend phases">${legend}</ul></figure>
${table("Milliseconds a step by phase", ["", ...seen, "all"], rows)}</section>`;
}
