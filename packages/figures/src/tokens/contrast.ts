/** How well one colour can be read on another. */

/** The channels of "#rrggbb" as amounts of light in [0, 1]. */
export const linearChannels = (colour: string): [red: number, green: number, blue: number] =>
  [1, 3, 5]
    .map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255)
    .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)) as [number, number, number];

/**
 * Contrast of two colours "#rrggbb", from 1 to 21; text wants 4.5.
 *
 * @source Web Content Accessibility Guidelines 2.2, "contrast ratio"
 */
export function contrast(a: string, b: string): number {
  const [high, low] = [a, b]
    .map(linearChannels)
    .map(([red, green, blue]) => 0.2126 * red + 0.7152 * green + 0.0722 * blue)
    .sort((x, y) => y - x) as [number, number];
  return (high + 0.05) / (low + 0.05);
}
