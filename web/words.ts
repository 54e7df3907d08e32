/** Numbers, times and names for people. Times are local; the UTC time is on hover. */
import type { FrameView, GrowthView, State } from "../src/server/api.ts";

export type Unit = "count" | "bytes";

export function amount(v: number | null, unit: Unit): string {
  if (v === null || !Number.isFinite(v)) return "–";
  if (unit === "count")
    return Math.abs(v) >= 10 || Number.isInteger(v) ? Math.round(v).toLocaleString("en-US") : v.toFixed(1);
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let x = v;
  let i = 0;
  while (Math.abs(x) >= 1024 && i < units.length - 1) {
    x /= 1024;
    i++;
  }
  return `${i === 0 ? Math.round(x) : x.toFixed(Math.abs(x) < 100 ? 1 : 0)} ${units[i]}`;
}

/** In the shortest unit of time that gives a number of at least one. */
export function rate(g: GrowthView | null): string {
  if (g === null) return "";
  const v = Math.abs(g.perSecond);
  const sign = g.perSecond < 0 ? "−" : "+";
  const least = g.unit === "bytes" ? 1024 : 1;
  // Less than half a unit a day is none that anybody would see.
  if (v * 86_400 < least / 2) return "no growth";
  for (const [seconds, name] of [
    [1, "s"],
    [60, "min"],
    [3600, "h"],
    [86_400, "day"],
  ] as const)
    if (v * seconds >= least || seconds === 86_400) return `${sign}${amount(v * seconds, g.unit)}/${name}`;
  return "";
}

export function span(seconds: number): string {
  const s = Math.max(0, seconds);
  if (s < 120) return `${Math.round(s)} s`;
  if (s < 7200) return `${Math.round(s / 60)} min`;
  if (s < 172_800) return `${(s / 3600).toFixed(1).replace(/\.0$/, "")} h`;
  return `${(s / 86_400).toFixed(1).replace(/\.0$/, "")} days`;
}

export function clock(ms: number): string {
  const d = new Date(ms);
  const today = new Date().toDateString() === d.toDateString();
  return today
    ? d.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" })
    : d.toLocaleString([], { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" });
}

export function utc(ms: number): string {
  return `${new Date(ms).toISOString().replace("T", " ").slice(0, 19)} UTC`;
}

/** `github.com/a/b/v2/store.(*DB).get` → `store.(*DB).get`. */
export function shortName(name: string): string {
  const bracket = name.search(/[[(]/);
  const head = bracket < 0 ? name : name.slice(0, bracket);
  const slash = head.lastIndexOf("/");
  return slash < 0 ? name : name.slice(slash + 1);
}

export function shortFile(file: string): string {
  return file.split("/").slice(-2).join("/");
}

export function placeText(f: FrameView): string {
  return `${shortName(f.function)}${f.line > 0 ? `  ${shortFile(f.file)}:${f.line}` : ""}`;
}

/** The signal of an alarm's mark, which names the bundle of its evidence in brackets at the end. */
export function withoutBundle(mark: string): string {
  return mark.replace(/ \([^()]*\)$/, "");
}

export const stateWords: Readonly<Record<State, string>> = {
  leak: "leaking",
  undecided: "undecided",
  healthy: "healthy",
  failing: "no answer",
  starting: "first look",
};

export const kindWords = {
  goroutine: "goroutines",
  heap: "heap",
  fd: "descriptors",
  socket: "sockets",
  pool: "pools",
  load: "load",
} as const;
