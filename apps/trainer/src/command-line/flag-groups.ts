/** The headings of `--help`, in their order. */
export const groupNames = {
  what: "What",
  how: "How",
  options: "Options of optimizers (each for those in brackets)",
  length: "How long",
  batch: "Batches and chance",
  machine: "Machine",
  output: "Output",
  save: "Checkpoints",
} as const;
