/** A rule's page on a terminal: headings, wrapped prose, code as it is written. */
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
  const flush = (): void => {
    if (paragraph.length > 0) out.push(...wrap(paragraph.join(" "), width).map((l) => inline(l, s)));
    paragraph = [];
  };
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i];
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
    } else if (line.trim() === "") {
      flush();
      if (out.at(-1) !== "") out.push("");
    } else paragraph.push(line);
  }
  flush();
  while (out.at(-1) === "") out.pop();
  return `${out.join("\n")}\n`;
}

function inline(text: string, s: Style): string {
  return text.replace(/`([^`]+)`/g, (_, code: string) => s.bold(code)).replace(/\*([^*\s][^*]*)\*/g, "$1");
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
