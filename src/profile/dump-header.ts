/** The bracketed part of a goroutine header and the labels behind it. */
import type { Label } from "./columns.ts";
import { statuses } from "./waits.ts";

export interface HeaderStatus {
  /** Wait reason or status, e.g. `chan receive`, `running`; without the marks below. */
  readonly status: string;
  /** Whole minutes parked as the last two garbage collections saw it; 0 where the dump says nothing (it never says 0). */
  readonly minutes: number;
  /** Marked by an earlier goroutineleak request. Such goroutines have lost their minutes. */
  readonly leaked: boolean;
  readonly scan: boolean;
  readonly durable: boolean;
  readonly locked: boolean;
  /** testing/synctest bubble, 0 for none. */
  readonly bubble: number;
}

const longestFirst = [...statuses].sort((a, b) => b.length - a.length);

/** Reads `chan receive (nil chan) (leaked) (scan), 5 minutes, locked to thread, synctest bubble 3`. */
export function parseStatus(text: string): HeaderStatus {
  // An unknown status (a future runtime, a patched one) ends at the first comma.
  let status = longestFirst.find((s) => text === s || text.startsWith(`${s},`) || text.startsWith(`${s} (`));
  status ??= text.split(/, | \((?:leaked|scan|durable)\)/)[0];
  const rest = text.slice(status.length);
  const minutes = /, (\d{1,9}) minutes?/.exec(rest);
  const bubble = /, (?:synctest bubble|synctest group) (\d{1,9})/.exec(rest);
  return {
    status,
    minutes: minutes === null ? 0 : Number(minutes[1]),
    leaked: rest.includes("(leaked)") || status === "leaked",
    scan: rest.includes("(scan)"),
    durable: rest.includes("(durable)") || status.endsWith("(durable)"),
    locked: rest.includes("locked to thread"),
    bubble: bubble === null ? 0 : Number(bubble[1]),
  };
}

/** Reads `req: 42, tenant: "acme corp"`: values and keys are quoted as Go quotes, and only where they must be. */
export function parseHeaderLabels(text: string): Label[] {
  const out: Label[] = [];
  let pos = 0;
  const token = (stop: string): string => {
    if (text[pos] !== '"') {
      const end = text.indexOf(stop, pos);
      const word = text.slice(pos, end < 0 ? text.length : end);
      pos += word.length;
      return word;
    }
    let end = pos + 1;
    while (end < text.length && text[end] !== '"') end += text[end] === "\\" ? 2 : 1;
    const word = unquote(text.slice(pos + 1, end));
    pos = end + 1;
    return word;
  };
  while (pos < text.length) {
    const key = token(":");
    if (text[pos] !== ":") break;
    pos += text[pos + 1] === " " ? 2 : 1;
    const value = token(",");
    out.push({ key, text: value, number: 0, unit: "" });
    if (text[pos] !== ",") break;
    pos += text[pos + 1] === " " ? 2 : 1;
  }
  return out;
}

/** Go's string escapes: the JSON ones plus \a \v \x \U and octal. */
export function unquote(text: string): string {
  if (!text.includes("\\")) return text;
  const short: Record<string, string> = { n: "\n", t: "\t", r: "\r", a: "\x07", b: "\b", f: "\f", v: "\v" };
  return text.replace(/\\(x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8}|[0-7]{3}|.)/gi, (_, e: string) => {
    if (e.length === 1) return short[e] ?? e;
    const code = Number.parseInt(/^[xuU]/.test(e) ? e.slice(1) : e, /^[xuU]/.test(e) ? 16 : 8);
    return code > 0x10ffff ? "\ufffd" : String.fromCodePoint(code);
  });
}
