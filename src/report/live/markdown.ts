/** Text from a target as Markdown: nothing in it is markup. */
import { plain } from "./format.ts";

/** An @ would call somebody. */
const entities: Readonly<Record<string, string>> = { "<": "&lt;", ">": "&gt;", "@": "&#64;" };

/** What Markdown or HTML could take for markup is escaped. */
export function text(s: string): string {
  return plain(s).replace(/[\\`*_{}[\]<>|#!@]/g, (c) => entities[c] ?? `\\${c}`);
}

/** Inside a table too: a pipe would end the cell. */
export function code(s: string): string {
  const clean = plain(s).replaceAll("|", "\u00a6");
  const ticks = "`".repeat(Math.max(0, ...(clean.match(/`+/g) ?? []).map((t) => t.length)) + 1);
  return `${ticks}${ticks.length > 1 ? ` ${clean} ` : clean}${ticks}`;
}

export function fenced(language: string, body: string): string {
  const ticks = "`".repeat(Math.max(2, ...(body.match(/`{3,}/g) ?? []).map((t) => t.length)) + 1);
  return `${ticks}${language}\n${body}\n${ticks}`;
}
