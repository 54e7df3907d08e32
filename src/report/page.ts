/** A page of the documentation on a terminal: headings, wrapped prose, lists, tables, code as it is written. */
import { widthOf, wrap } from "./printable.ts";
import { style, type Style } from "./style.ts";

const keywords =
  /^(?:break|case|chan|const|continue|default|defer|else|fallthrough|for|func|go|goto|if|import|interface|map|package|range|return|select|struct|switch|type|var|nil|true|false)$/;

export function pageText(markdown: string, options: { readonly colour: boolean; readonly width: number }): string {
  const s = style(options.colour);
  const width = Math.min(options.width, 100); // longer lines of prose are hard to read
  const out: string[] = [];
  const lines = markdown.split("\n");
  let paragraph: string[] = [];
  let lead = "";
  const flush = (): void => {
    if (paragraph.length > 0) {
      const inner = width - lead.length;
      const wrapped = wrap(joinCode(paragraph.join(" "), inner), inner);
      out.push(...wrapped.map((l, i) => `${i === 0 ? lead : " ".repeat(lead.length)}${inline(l, s)}`));
    }
    paragraph = [];
    lead = "";
  };
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i];
    const item = /^(\s*(?:[-*]|\d+\.)) +(.*)$/.exec(line);
    if (line.startsWith("```")) {
      flush();
      const fixed = line.endsWith(" fixed");
      if (fixed) out.push(s.dim("    // repaired"));
      for (i++; i < lines.length && !lines[i].startsWith("```"); i++) out.push(codeLine(lines[i], s));
    } else if (line.startsWith("#")) {
      flush();
      const text = line.replace(/^#+ /, "");
      out.push(s.bold(line.startsWith("##") ? text : text.toUpperCase()));
      if (!line.startsWith("##")) out.push(s.dim("─".repeat(widthOf(text))));
    } else if (line.startsWith("|")) {
      flush();
      const rows: string[][] = [];
      for (; i < lines.length && lines[i].startsWith("|"); i++) rows.push(cellsOf(lines[i]));
      i--;
      out.push(...table(rows, width, s));
    } else if (line.trim() === "") {
      flush();
      if (out.at(-1) !== "") out.push("");
    } else if (item !== null) {
      flush();
      lead = `${item[1]} `;
      paragraph.push(item[2]);
    } else if (!line.startsWith("<!--")) paragraph.push(line.trim());
  }
  flush();
  while (out.at(-1) === "") out.pop();
  return `${out.join("\n")}\n`;
}

/** Code is not broken over two lines, where it fits on one. */
function joinCode(text: string, width: number): string {
  return text.replace(/`[^`]+`/g, (code) => (widthOf(code) * 2 < width ? code.replaceAll(" ", "\u00a0") : code));
}

function cellsOf(row: string): string[] {
  return row
    .replace(/^\||\|\s*$/g, "")
    .split("|")
    .map((c) => c.trim());
}

/** Columns as wide as they need; the last one that is too wide for the rest is wrapped. */
function table(rows: readonly string[][], width: number, s: Style): string[] {
  const [head, , ...body] = rows;
  const shown = [head, ...body].map((r) => r.map((c) => plainText(c)));
  const columns = Math.max(...shown.map((r) => r.length));
  const widths = Array.from({ length: columns }, (_, c) => Math.max(...shown.map((r) => widthOf(r[c] ?? ""))));
  const gaps = 2 * (columns - 1);
  const whole = widths.reduce((a, b) => a + b, gaps);
  if (whole > width) {
    const widest = widths.indexOf(Math.max(...widths));
    widths[widest] = Math.max(12, widths[widest] - (whole - width));
  }
  return shown.flatMap((row, r) => {
    const cells = widths.map((w, c) => wrap(row[c] ?? "", w));
    const height = Math.max(1, ...cells.map((c) => c.length));
    return Array.from({ length: height }, (_, l) => {
      const line = cells
        .map((c, i) => {
          const text = c[l] ?? "";
          return i === columns - 1 ? text : text + " ".repeat(Math.max(0, widths[i] - widthOf(text)) + 2);
        })
        .join("")
        .trimEnd();
      return r === 0 ? s.dim(line) : line;
    });
  });
}

/** Without the marks of code, emphasis and links. */
function plainText(text: string): string {
  return inline(text, style(false));
}

/** Code as it stands, the rest without the marks of emphasis and links. */
function inline(text: string, s: Style): string {
  return text
    .split(/(`[^`]+`)/)
    .map((part) =>
      part.length > 1 && part.startsWith("`") && part.endsWith("`")
        ? s.bold(part.slice(1, -1))
        : part.replace(/\[([^\]]+)\]\([^)]+\)/g, "$1").replace(/\*\*?([^*\s][^*]*)\*\*?/g, "$1"),
    )
    .join("")
    .replaceAll("\u00a0", " ");
}

function codeLine(line: string, s: Style): string {
  const text = line.replace(/^\t+/, (tabs) => "    ".repeat(tabs.length));
  const coloured = text.replace(/\/\/.*$|"(?:[^"\\]|\\.)*"|`[^`]*`|[A-Za-z_]\w*/g, (word) => {
    if (word.startsWith("//")) return s.code.comment(word);
    if (/^["`]/.test(word)) return s.code.text(word);
    return keywords.test(word) ? s.code.keyword(word) : word;
  });
  return text === "" ? "" : `    ${coloured}`;
}
