/** How far apart two colours are for people with any colour vision, for the tests of the tokens. */

import { linearChannels } from "../src/tokens/contrast.ts";

/** Kinds of colour vision. */
export const visions = ["normal", "protan", "deutan", "tritan"] as const;

type Triple = readonly [number, number, number];
type Matrix = readonly [Triple, Triple, Triple];

/**
 * OKLab distance × 100 of two colours as somebody sees them who lacks one kind of cones.
 *
 * @source Machado, Oliveira & Fernandes (2009), table of severity 1.0; Ottosson (2020), "A perceptual color space"
 */
export function distance(a: string, b: string, vision: (typeof visions)[number] = "normal"): number {
  const [x, y] = [a, b].map((colour) =>
    okLab(times(seen[vision], linearChannels(colour)).map(clamp) as unknown as Triple),
  );
  return 100 * Math.hypot(...(x as Triple).map((value, i) => value - (y as Triple)[i]!));
}

const seen: Readonly<Record<(typeof visions)[number], Matrix>> = {
  normal: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protan: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deutan: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritan: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};

const toCones: Matrix = [
  [0.4122214708, 0.5363325363, 0.0514459929],
  [0.2119034982, 0.6806995451, 0.1073969566],
  [0.0883024619, 0.2817188376, 0.6299787005],
];
const toLab: Matrix = [
  [0.2104542553, 0.793617785, -0.0040720468],
  [1.9779984951, -2.428592205, 0.4505937099],
  [0.0259040371, 0.7827717662, -0.808675766],
];

const okLab = (rgb: Triple): Triple => times(toLab, times(toCones, rgb).map(Math.cbrt) as unknown as Triple);
const clamp = (value: number): number => Math.min(1, Math.max(0, value));
const times = (matrix: Matrix, [x, y, z]: Triple): Triple =>
  matrix.map(([a, b, c]) => a * x + b * y + c * z) as unknown as Triple;
