/** Two looks a few seconds apart call a pile possible; what was watched for hours, and called a leak, is one. */
import type { Verdict } from "../watch/verdict.ts";
import { scoreOf, type Suspect } from "./suspect.ts";

/** Suspects with what a watch of the same process says of the same signal; the surest first. */
export function confirmed(suspects: readonly Suspect[], verdicts: readonly Verdict[]): Suspect[] {
  const leaks = verdicts.filter((v) => v.status === "leak");
  return suspects
    .map((s) => {
      const v = leaks.find((x) => sameSignal(s, x));
      if (v === undefined) return s;
      return {
        ...s,
        status: "leak" as const,
        evidence: [...s.evidence, ...v.evidence.slice(0, 1).map((e) => `The watch calls it a leak. ${e}`)],
        score: Math.max(s.score, scoreOf("leak", s.count, v.value - v.from)),
      };
    })
    .sort((a, b) => b.score - a.score);
}

function sameSignal(s: Suspect, v: Verdict): boolean {
  if (s.kind !== v.kind) return false;
  switch (s.kind) {
    case "goroutine":
      // A goroutine signal is named by its group's loose key: wait, site, entry. With the same leaf, it is told by the line.
      return (
        v.signal.name.startsWith(`${s.wait}|`) &&
        s.stack.length > 0 &&
        s.stack[0].func === v.stack[0]?.function &&
        // Without a frame of the program's own a watch names no line, and a suspect that of its leaf.
        (v.location === null
          ? s.location === null || s.location.function === s.stack[0].func
          : s.location?.function === v.location.function && s.location.line === v.location.line)
      );
    case "heap":
      return s.location !== null && s.location.function === v.location?.function && s.location.line === v.location.line;
    case "socket":
      return s.connections.some((c) => v.signal.name.startsWith(`${c.direction === "in" ? "" : c.peer}:${c.port} `));
    default:
      return false;
  }
}
