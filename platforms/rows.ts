/**
 * A part of a page's program: `data`, images of 12 × 12 with a bright row in the third of the picture that is their class.
 * It stands behind `import * as k from "kronograd"`.
 */
export const rows = `
const rng = new k.Rng(1);
const images = (count) => {
  const targets = Int32Array.from({ length: count }, () => rng.integer(3));
  const inputs = Float32Array.from({ length: count * 144 }, (_, i) => {
    const row = Math.floor((i % 144) / 12);
    return 0.5 * rng.normal() + (row === 2 + 4 * targets[Math.floor(i / 144)] ? 1 : 0);
  });
  return { inputs, targets };
};
const data = k.defineDataset({ name: "rows", source: "made here", task: "classification", classes: 3,
  inputShape: [1, 12, 12], train: images(160), test: images(32) });
`;
