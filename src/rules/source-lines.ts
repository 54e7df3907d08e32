/** Lines of source around what stands on them, for edits. Offsets in, offsets out. */

/** The end of the line that a statement ends on, a comment behind it included; null where more code stands there. */
export function endOfStatementLine(src: Uint8Array, from: number): number | null {
  let end = endOfLine(src, from);
  if (src[end - 1] === 13) end--;
  const rest = Buffer.from(src.subarray(from, end)).toString().trim();
  return rest === "" || rest.startsWith("//") ? (rest === "" ? from : end) : null;
}

export function beginsLine(src: Uint8Array, pos: number): boolean {
  let at = pos - 1;
  while (at >= 0 && (src[at] === 9 || src[at] === 32)) at--;
  return at < 0 || src[at] === 10;
}

/** The white space at the start of the line that `pos` is on. */
export function indentation(src: Uint8Array, pos: number): string {
  const start = startOfLine(src, pos);
  let end = start;
  while (src[end] === 9 || src[end] === 32) end++;
  return Buffer.from(src.subarray(start, end)).toString();
}

/**
 * The lines of a statement that has them for itself, to be taken out: comment lines right above it belong to it, and with it goes
 * a blank line that gofmt would not leave. Null where other code stands on them.
 */
export function wholeLines(
  src: Uint8Array,
  pos: number,
  end: number,
): { start: number; text: number; end: number } | null {
  const stop = endOfStatementLine(src, end);
  if (!beginsLine(src, pos) || stop === null) return null;
  let text = startOfLine(src, pos);
  while (text > 0 && /^\s*\/\//.test(lineAt(src, startOfLine(src, text - 1)))) text = startOfLine(src, text - 1);
  let after = Math.min(endOfLine(src, stop) + 1, src.length);
  const above = text > 0 ? lineAt(src, startOfLine(src, text - 1)) : "";
  const below = lineAt(src, after);
  if (isBlank(below) && after < src.length && above.trimEnd().endsWith("{")) after = endOfLine(src, after) + 1;
  const closes = isBlank(above) && text > 0 && (isBlank(below) || below.trim() === "}");
  return { start: closes ? startOfLine(src, text - 1) : text, text, end: after };
}

function isBlank(line: string): boolean {
  return line.trim() === "";
}

function lineAt(src: Uint8Array, start: number): string {
  return Buffer.from(src.subarray(start, endOfLine(src, start))).toString();
}

function startOfLine(src: Uint8Array, pos: number): number {
  let start = pos;
  while (start > 0 && src[start - 1] !== 10) start--;
  return start;
}

function endOfLine(src: Uint8Array, from: number): number {
  const end = src.indexOf(10, from);
  return end < 0 ? src.length : end;
}
