/** `diagnose --before A --after B`: what changed, a line each, above the four steps. */
import pc from "picocolors";
import { span } from "../../base/durations.ts";
import { bytes, count } from "../../base/numbers.ts";
import type { ChangeKind, Changes, Side, SuspectChange } from "../../diagnose/changes.ts";
import { shortName } from "../../profile/names.ts";
import { plain, shortFile, wrap } from "./format.ts";

const colours: Readonly<Record<ChangeKind, (text: string) => string>> = {
  came: (t) => pc.red(pc.bold(t)),
  grew: (t) => pc.red(pc.bold(t)),
  stayed: pc.yellow,
  fewer: pc.green,
  went: pc.green,
};

export function changesText(c: Changes, width: number): string[] {
  const out = [`${pc.bold(pc.cyan("BEFORE AND AFTER"))}  ${pc.dim(plain(sidesText(c)))}`];
  if (c.list.length === 0) out.push("  nothing piles up, before or after");
  for (const change of c.list) {
    const { suspect: s } = change;
    const show = s.unit === "bytes" ? bytes : count;
    const numbers = `${change.before === null ? "?" : show(change.before)} → ${change.after === null ? "?" : show(change.after)}`;
    wrap(plain(whatChanged(change)), Math.max(30, width - 32)).forEach((l, i) =>
      out.push(
        i === 0
          ? `  ${colours[change.change](change.change.padEnd(7))} ${numbers.padStart(20)}  ${l}`
          : `${" ".repeat(32)}${l}`,
      ),
    );
    if (change.doubt !== "")
      for (const l of wrap(change.doubt, Math.max(40, width - 34))) out.push(`${" ".repeat(32)}${pc.dim(l)}`);
  }
  return out;
}

/** `api rev aaaa, up 10 h → api rev bbbb, up 12 min`. */
export function sidesText(c: Changes): string {
  const side = (s: Side): string =>
    [
      s.target,
      ...(s.revision === null ? [] : [`rev ${s.revision.slice(0, 10)}`]),
      ...(s.uptimeSeconds === null ? [] : [`up ${span(s.uptimeSeconds)}`]),
    ].join(", ");
  return `${side(c.before)} → ${side(c.after)}${c.sameProcess ? " (one process)" : ""}`;
}

export function whatChanged({ suspect: s }: SuspectChange): string {
  const at =
    s.location === null ? "" : ` at ${shortName(s.location.function)} ${shortFile(s.location.file)}:${s.location.line}`;
  const of = s.location === null && s.subject !== undefined ? ` (${s.subject})` : "";
  return `${s.title}${at}${of}`;
}
