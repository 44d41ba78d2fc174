/**
 * The design tokens of report, lab and docs as data; `tokenSheet` writes them as custom properties of CSS.
 *
 * One rule decides every colour: a saturated hue is a rival, sand and slate are a sign or a class, ink is everything else,
 * hatching is damped. Rival colours stay apart for every kind of colour vision, reach 4.5 : 1 on page and panel, so that names
 * may be set in them, and never stand alone: each has dashes of its own (`dashOf`).
 */

/** Custom properties by name, without the two dashes. */
export type Tokens = Readonly<Record<string, string>>;

/** Type, space and shapes: the same in both themes. */
export const measures: Tokens = {
  ui: '"Kronograd Sans",system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",sans-serif',
  prose: '"Kronograd Serif","Iowan Old Style",Georgia,serif',
  display: '"Kronograd Display","Kronograd Serif",Georgia,serif',
  mono: '"Kronograd Mono",ui-monospace,"SF Mono",Menlo,Consolas,monospace',
  math: '"Kronograd Math","STIX Two Math","Cambria Math","Latin Modern Math",math',
  "t-tick": "11px",
  "t-small": "12px",
  "t-ui": "13px",
  "t-lead": "15px",
  "t-h3": "14px",
  "t-h2": "21px",
  "t-h1": "26px",
  "t-prose": "18px",
  s1: "4px",
  s2: "8px",
  s3: "12px",
  s4: "16px",
  s5: "24px",
  s6: "32px",
  s7: "48px",
  s8: "72px",
  radius: "8px",
  "radius-s": "5px",
  control: "30px",
};

/** Colours of the light theme. */
export const light = {
  page: "#f6f6f2",
  panel: "#ffffff",
  sunken: "#efefea",
  line: "#e3e3dc",
  "line-2": "#c8c8bf",
  edge: "#8a8f92",
  ink: "#1a1e22",
  "ink-2": "#474e55",
  "ink-3": "#666d74",
  "on-ink": "#ffffff",
  good: "#1d6b43",
  bad: "#a3242f",
  r0: "#26508f",
  r1: "#b3540b",
  r2: "#26796a",
  r3: "#9a35c4",
  r4: "#65490d",
  r5: "#22282e",
  n3: "#1f3c52",
  n2: "#5c7d96",
  n1: "#c3d3de",
  zero: "#f4f3ee",
  p1: "#e9d9b4",
  p2: "#b88f45",
  p3: "#5d4012",
  "ph-data": "#e2e4e4",
  "ph-forward": "#d2d5d6",
  "ph-backward": "#aab0b4",
  "ph-labels": "#f6ebcf",
  "ph-statistics": "#eddcb3",
  "ph-refresh": "#c79a4b",
  "ph-precondition": "#87601f",
  "ph-update": "#848c92",
  "ph-apply": "#5b636a",
  "ph-wait": "#efefea",
} as const;

/** A colour of a theme. */
export type ColourToken = keyof typeof light;

/** Colours of the dark theme. */
export const dark: Readonly<Record<ColourToken, string>> = {
  page: "#101315",
  panel: "#171b1e",
  sunken: "#0c0f11",
  line: "#282e33",
  "line-2": "#424a51",
  edge: "#78828a",
  ink: "#e9ecee",
  "ink-2": "#b4bbc1",
  "ink-3": "#939ca4",
  "on-ink": "#14181b",
  good: "#63c994",
  bad: "#ff8c93",
  r0: "#649ad6",
  r1: "#e8742f",
  r2: "#7cc99a",
  r3: "#e8a0f5",
  r4: "#f2d43f",
  r5: "#dfe7ee",
  n3: "#bcdcf2",
  n2: "#5f8aa8",
  n1: "#2c4252",
  zero: "#1c2124",
  p1: "#4a3d20",
  p2: "#a98443",
  p3: "#f3dca6",
  "ph-data": "#363c41",
  "ph-forward": "#4a5157",
  "ph-backward": "#626a70",
  "ph-labels": "#4c3f27",
  "ph-statistics": "#6b5630",
  "ph-refresh": "#b08a45",
  "ph-precondition": "#ecd299",
  "ph-update": "#969ea5",
  "ph-apply": "#bcc3c8",
  "ph-wait": "#262b2f",
};

/** Shadows, which only things that float have. */
export const shadows = {
  light: "0 1px 2px rgb(20 24 28/.06),0 8px 28px rgb(20 24 28/.14)",
  dark: "0 1px 2px rgb(0 0 0/.4),0 10px 32px rgb(0 0 0/.55)",
} as const;

/** Parts of a training step that have a colour: greys are what SGD pays too, sands are the price of curvature. */
export const phaseNames = [
  "data",
  "forward",
  "backward",
  "labels",
  "statistics",
  "refresh",
  "precondition",
  "update",
  "apply",
  "wait",
] as const;
