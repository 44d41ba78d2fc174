/** Columns of text, for terminals: widths are counted without colour codes. */

// biome-ignore lint/suspicious/noControlCharactersInRegex: colour codes begin with the escape character
const codes = /\u001b\[[0-9;]*m/g;

/** Characters that are seen. */
export const widthOf = (text: string): number => [...text.replace(codes, "")].length;

/**
 * Cells as lines with aligned columns.
 *
 * @param left  columns that are aligned to the left, counted from 0; default: the first alone
 */
export function columns(rows: readonly (readonly string[])[], left: readonly number[] = [0]): string[] {
  const count = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: count }, (_, i) => Math.max(...rows.map((row) => widthOf(row[i] ?? ""))));
  return rows.map((row) =>
    widths
      .map((width, i) => {
        const cell = row[i] ?? "";
        const space = " ".repeat(width - widthOf(cell));
        return left.includes(i) ? cell + space : space + cell;
      })
      .join("  ")
      .trimEnd(),
  );
}
