/** Times, names and states for people. Times are local; the UTC time is on hover. */
import { rate } from "../src/base/numbers.ts";
import type { FrameView, GrowthView, State } from "../src/server/api.ts";

/** What in a day is less than half a unit is no growth that anybody would see. */
export function growthText(g: GrowthView | null): string {
  if (g === null) return "";
  if (Math.abs(g.perSecond) * 86_400 < (g.unit === "bytes" ? 512 : 0.5)) return "no growth";
  return rate(g.perSecond, g.unit);
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
