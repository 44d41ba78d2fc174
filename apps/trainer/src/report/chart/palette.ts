/**
 * Colours and dashes of the rivals. Eight colours that stay apart with any colour vision (after Okabe and Ito, darkened or
 * lightened until they stand out from the page), and dashes so that no line is told by colour alone.
 */

/** Colours on the light page; text may have them too. */
export const lightColours = [
  "#0069ad",
  "#bf4a00",
  "#007a5a",
  "#9a3d86",
  "#8a6100",
  "#1a759c",
  "#b3263a",
  "#555f6b",
] as const;
/** The same on the dark page. */
export const darkColours = [
  "#5ab0f2",
  "#ff8d4d",
  "#33cc9f",
  "#e58fd0",
  "#e3b53a",
  "#8fd3f7",
  "#ff8093",
  "#aeb8c4",
] as const;
/** The page's own colours. */
export const pageColours = { light: "#ffffff", dark: "#14171c" } as const;

const dashes = ["none", "7 3", "2 2.5", "9 3 2 3", "12 3", "4 2 1 2 1 2", "5 5", "1 4"] as const;

/** The class that carries a rival's colour. */
export const colourClass = (index: number): string => `c${index % lightColours.length}`;

/** The dashes of a rival; those after the eighth have the same colours with other dashes. */
export const dashOf = (index: number): string => {
  const round = Math.floor(index / lightColours.length);
  return dashes[(index + round) % dashes.length] as string;
};
