/** Colours and dashes of the rivals by their place in the race, so that no line is told by colour alone. */

/** Colours that rivals have; a seventh rival has the first colour again, with other dashes. */
export const rivalColours = 6;

const dashes = ["none", "7 3", "2 2.5", "9 3 2 3", "12 3", "5 5"] as const;

/** The class that carries a rival's colour: `paletteStyle` says what it is. */
export const colourClass = (index: number): string => `c${index % rivalColours}`;

/** The dashes of a rival. */
export const dashOf = (index: number): string => {
  const round = Math.floor(index / rivalColours);
  return dashes[(index + round) % dashes.length] as string;
};

/** CSS rules that give each class its colour, as `--c`. */
export const paletteStyle = Array.from({ length: rivalColours }, (_, i) => `.c${i}{--c:var(--r${i})}`).join("");
