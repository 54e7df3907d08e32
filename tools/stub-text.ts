/** Takes pieces out of Go source and the spare white space with them. */
export interface Cut {
  readonly pos: number;
  readonly end: number;
  readonly by: string;
}

const decoder = new TextDecoder();

/**
 * The text between two byte offsets without the cuts (which may nest: the outer one wins), indentation, empty lines and runs of blanks.
 * Strings keep theirs. Line ends stay where they were, for Go reads semicolons into them.
 */
export function cut(
  src: Uint8Array,
  range: { readonly pos: number; readonly end: number },
  cuts: readonly Cut[],
): string {
  const sorted = cuts
    .filter((c) => c.pos >= range.pos && c.end <= range.end)
    .sort((a, b) => a.pos - b.pos || b.end - a.end);
  let out = "";
  let at = range.pos;
  for (const c of sorted) {
    if (c.pos < at) continue;
    out += decoder.decode(src.subarray(at, c.pos));
    // A block comment over several lines ends a line.
    out +=
      c.by === "" && src.subarray(c.pos, c.end).includes(10) && src[c.pos] === 0x2f ? "\n" : c.by === "" ? " " : c.by;
    at = c.end;
  }
  out += decoder.decode(src.subarray(at, range.end));
  return squeeze(out);
}

const PIECE = /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)+'|`[^`]*`|[ \t\r]+|\n\s*|[^"'`\s]+|["'`]/g;

function squeeze(text: string): string {
  let out = "";
  for (const [piece] of text.matchAll(PIECE)) {
    const first = piece[0];
    if (first === "\n") out = `${out.trimEnd()}\n`;
    else if (first === " " || first === "\t" || first === "\r") out += out.endsWith("\n") ? "" : " ";
    else out += piece;
  }
  return out.trim();
}
