/** Source text made fit for a terminal: no escapes, no surprises of direction, tabs as spaces, columns that count. */

const TabWidth = 4;

/** Control characters as pictures (␛ for ESC), invisible directions by name, tabs to the next stop. */
export function printable(text: string): string {
  let out = "";
  let column = 0;
  for (const c of text) {
    const code = c.codePointAt(0) ?? 0;
    let shown = c;
    if (c === "\t") shown = " ".repeat(TabWidth - (column % TabWidth));
    else if (code < 0x20) shown = String.fromCodePoint(0x2400 + code);
    else if (code === 0x7f) shown = "␡";
    else if (code >= 0x80 && code < 0xa0) shown = "�";
    // Bidirectional overrides and isolates can make code read as something else (CVE-2021-42574).
    else if (
      (code >= 0x202a && code <= 0x202e) ||
      (code >= 0x2066 && code <= 0x2069) ||
      code === 0x200e ||
      code === 0x200f
    )
      shown = `<U+${code.toString(16).toUpperCase()}>`;
    out += shown;
    column += widthOf(shown);
  }
  return out;
}

/** Columns that a printable text takes on a terminal. */
export function widthOf(text: string): number {
  let width = 0;
  for (const c of text) {
    const code = c.codePointAt(0) ?? 0;
    if (code < 0x300) width++;
    else if (/\p{Mn}|\p{Me}|\p{Cf}/u.test(c)) continue;
    else width += isWide(code) ? 2 : 1;
  }
  return width;
}

/** East Asian Wide and Fullwidth, and emoji; by block, from Unicode's EastAsianWidth.txt. */
function isWide(code: number): boolean {
  return (
    (code >= 0x1100 && code <= 0x115f) ||
    (code >= 0x2e80 && code <= 0x303e) ||
    (code >= 0x3041 && code <= 0xa4cf) ||
    (code >= 0xa960 && code <= 0xa97f) ||
    (code >= 0xac00 && code <= 0xd7a3) ||
    (code >= 0xf900 && code <= 0xfaff) ||
    (code >= 0xfe30 && code <= 0xfe6f) ||
    (code >= 0xff01 && code <= 0xff60) ||
    (code >= 0xffe0 && code <= 0xffe6) ||
    (code >= 0x1f300 && code <= 0x1f64f) ||
    (code >= 0x1f900 && code <= 0x1f9ff) ||
    (code >= 0x20000 && code <= 0x3fffd)
  );
}

/** The first columns of a text, with … where something is left out. */
export function fit(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  let out = "";
  let width = 0;
  for (const c of text) {
    width += widthOf(c);
    if (width > columns - 1) break;
    out += c;
  }
  return `${out}…`;
}

/** Breaks prose at spaces into lines of at most `columns`; longer words stay whole. */
export function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/)) {
    if (word === "") continue;
    if (line !== "" && widthOf(line) + 1 + widthOf(word) > columns) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  if (line !== "") lines.push(line);
  return lines;
}
