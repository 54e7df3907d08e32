/** The past of a process for the terminal: one line per number, with its course as a row of blocks. */
import pc from "picocolors";
import { span } from "../../base/durations.ts";
import { bytes, count, signed } from "../../base/numbers.ts";
import { cells, type History, type Trend } from "../../diagnose/history.ts";
import { plain } from "./format.ts";

const blocks = "▁▂▃▄▅▆▇█";
const WIDTH = 24;

export function historyText(h: History): string[] {
  const who = ["job", "instance"].map((k) => h.instance[k]).filter((v) => v !== undefined);
  const out = [
    `  ${pc.dim(plain(`the last ${span(h.end - h.start)} as Prometheus has it (${who.join(" ")} at ${h.server})`))}`,
  ];
  if (h.restarts.length > 0) {
    const last = h.restarts[h.restarts.length - 1];
    const times = h.restarts.length === 1 ? "once" : `${count(h.restarts.length)} times`;
    out.push(
      `  ${pc.yellow(`restarted ${times}, last ${span(h.end - last)} before the end`)}${pc.dim(": first → last and slope are since then")}`,
    );
  }
  if (h.trends.length === 0) out.push(pc.dim("  none of the numbers that tell of leaks"));
  const names = h.trends.map((t) => plain(nameOf(t)).slice(0, 32));
  const wide = Math.max(12, ...names.map((n) => n.length));
  h.trends.forEach((t, i) => {
    const show = t.unit === "bytes" ? bytes : count;
    const slope = t.perHour === null ? "" : `  ${perHour(t, show)}`;
    const values = `${show(t.first)} → ${show(t.last)}`;
    out.push(
      `  ${names[i].padEnd(wide)} ${sparkline(cells(t, h.start, h.end, WIDTH))}  ${values.padStart(19)}${slope}`,
    );
  });
  return out;
}

function nameOf(t: Trend): string {
  const db = t.labels["db_name"];
  return db === undefined ? t.name : `${t.name} (${db})`;
}

function perHour(t: Trend, show: (n: number) => string): string {
  const slope = t.perHour ?? 0;
  const small = t.unit === "count" && Math.abs(slope) < 10;
  const text = `${Math.abs(slope) < 0.05 ? "±0" : signed(slope, small ? (n) => n.toFixed(1) : show)}/h`;
  return slope > 0.05 ? pc.yellow(text) : pc.dim(text);
}

/** Between its least and its most; a course that moves less than a twentieth of its height is a flat line, not a mountain range. */
export function sparkline(values: readonly number[]): string {
  const seen = values.filter((v) => Number.isFinite(v));
  const low = Math.min(...seen);
  const high = Math.max(...seen);
  const flat = high - low <= Math.abs(high) * 0.05;
  return values
    .map((v) => {
      if (!Number.isFinite(v)) return " ";
      if (flat) return high === 0 ? blocks[0] : blocks[3];
      return blocks[Math.min(7, Math.floor(((v - low) / (high - low)) * 8))];
    })
    .join("");
}
