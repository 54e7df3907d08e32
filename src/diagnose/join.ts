/**
 * Findings joined to suspects: what the source says of the place that is bleeding. From the strongest tie to the weakest:
 *
 *     line       a frame of the suspect stands on the finding's line, or on a step of its path
 *     function   a frame stands in the finding's function, and the finding's rule leaks in this way
 *     signature  no frame is the program's own, but the rule's leak looks like this (and the fewer such findings, the surer)
 *
 * Findings of low confidence are what the source alone cannot tell from a leak. Each counts after every sure one.
 */
import { isUnsure, type Finding } from "../diag/finding.ts";
import type { Frame } from "../profile/columns.ts";
import { isOwn } from "../profile/group.ts";
import { looseName, splitName, strictName } from "../profile/names.ts";
import { hasOwnPort, isCompanion, rulesFor } from "./signs.ts";
import type { Suspect } from "./suspect.ts";

export type Tie = "line" | "function" | "signature";

export interface Match {
  readonly finding: Finding;
  readonly tie: Tie;
  /** The frame that ties them; null for a signature. */
  readonly frame: Frame | null;
  /** Findings that would fit as well. */
  readonly others: readonly Finding[];
}

/** A suspect with what the source says of it. */
export interface Joined {
  readonly suspect: Suspect;
  readonly match: Match | null;
  /** How one got from the signal to the line, a sentence a step. */
  readonly chain: readonly string[];
}

/** Where a frame's file is in the checked tree: as findings name it, and whether lines are those that were built. Null: not there. */
export type Locate = (file: string) => { readonly file: string; readonly sameLines: boolean } | null;

const ranks: Readonly<Record<Tie, number>> = { line: 3, function: 2, signature: 1 };
const severities = { error: 2, warning: 1, note: 0 } as const;

/** Frames that can name the cause, the nearest to it first: where it opened, where it blocks, who started it. */
export function framesOfSuspect(s: Suspect): Frame[] {
  const out: Frame[] = [];
  if (s.openedBy !== null) out.push(s.openedBy.at, ...s.openedBy.stack);
  if (s.location !== null) out.push({ func: s.location.function, file: s.location.file, line: s.location.line });
  out.push(...s.stack);
  if (s.createdBy !== null) out.push(s.createdBy);
  return out.filter((f) => isOwn(f.func) && f.line > 0);
}

export function join(suspects: readonly Suspect[], findings: readonly Finding[], locate: Locate): Joined[] {
  return suspects.map((suspect) => {
    const match = matchOf(suspect, withCompanions(suspect, suspects), findings, locate);
    return { suspect, match, chain: chainOf(suspect, match) };
  });
}

/** Findings that no suspect shows, the severe first. */
export function withoutEvidence(findings: readonly Finding[], joined: readonly Joined[]): Finding[] {
  const live = new Set(joined.flatMap(({ match }) => (match === null ? [] : [match.finding, ...match.others])));
  return findings
    .filter((f) => !live.has(f) && !isUnsure(f))
    .sort((a, b) => severities[b.severity] - severities[a.severity]);
}

/** Of as many connections, goroutines and descriptors, give or take a tenth or three, one look may come a little after the other. */
function isAsMany(a: number, b: number): boolean {
  return Math.abs(a - b) <= Math.max(3, 0.1 * Math.max(a, b));
}

/**
 * Connections and their descriptors say little of themselves; as many goroutines that pile up beside them say whose they are: responses
 * with open bodies, idle connections of a dropped client. The same holds of the halves of a connection that look alike in every case.
 */
function withCompanions(s: Suspect, suspects: readonly Suspect[]): Suspect {
  const speaks = (o: Suspect): boolean => o.kind === "goroutine" && o.signature !== null && !isCompanion(o);
  const silent = s.kind === "socket" || s.kind === "fd" ? s.signature === null : isCompanion(s);
  // To a port that says what it is, or where clients come in, or with stacks of their own, they need nobody's word.
  if (!silent || hasOwnPort(s) || framesOfSuspect(s).length > 0) return s;
  const beside = suspects.filter((o) => speaks(o) && isAsMany(o.holds ?? o.count, s.count));
  const signatures = new Set(beside.map((o) => o.signature));
  return signatures.size === 1 ? { ...s, kind: "goroutine", signature: beside[0].signature, rule: beside[0].rule } : s;
}

/** `signs`: the suspect, by what is beside it. */
function matchOf(suspect: Suspect, signs: Suspect, findings: readonly Finding[], locate: Locate): Match | null {
  const rules = rulesFor(signs);
  const found: { finding: Finding; tie: Tie; frame: Frame | null; weight: number }[] = [];
  const frames = framesOfSuspect(suspect);
  for (const finding of findings) {
    const liked = rules.indexOf(finding.rule);
    const tied = strongest(finding, frames, locate, liked >= 0);
    if (tied === null) continue;
    const weight =
      (isUnsure(finding) ? 0 : 10_000) +
      ranks[tied.tie] * 1000 +
      (liked < 0 ? 0 : 100 - liked * 5) +
      severities[finding.severity] * 10 -
      tied.depth;
    found.push({ finding, tie: tied.tie, frame: tied.frame, weight });
  }
  const ownFrames = frames.some((f) => locate(f.file) !== null);
  if (found.length === 0 && !ownFrames) {
    // Only the likeliest rule that reports anything: a pile of readLoops is not every rule's.
    const sure = findings.filter((f) => !isUnsure(f));
    for (const list of [sure, findings]) {
      const able = rules.filter((r) => list.some((f) => f.rule === r));
      if (able.length === 0) continue;
      // Beside several that leak differently, halves that look alike may be any one's.
      const rule = able.length > 1 && isCompanion(signs) ? undefined : able[0];
      for (const finding of list)
        if (finding.rule === rule)
          found.push({ finding, tie: "signature", frame: null, weight: severities[finding.severity] });
      break;
    }
  }
  found.sort((a, b) => b.weight - a.weight);
  if (found.length === 0) return null;
  const [best] = found;
  return {
    finding: best.finding,
    tie: best.tie,
    frame: best.frame,
    others: found.filter((f) => f !== best && f.weight === best.weight).map((f) => f.finding),
  };
}

function strongest(
  finding: Finding,
  frames: readonly Frame[],
  locate: Locate,
  liked: boolean,
): { tie: Tie; frame: Frame; depth: number } | null {
  let best: { tie: Tie; frame: Frame; depth: number } | null = null;
  for (const [depth, frame] of frames.entries()) {
    const place = locate(frame.file);
    if (place === null) continue;
    if (place.sameLines && onLine(finding, place.file, frame.line)) return { tie: "line", frame, depth };
    if (best === null && liked && place.file === finding.file && sameFunction(finding.function, frame.func))
      best = { tie: "function", frame, depth };
  }
  return best;
}

function onLine(finding: Finding, file: string, line: number): boolean {
  if (finding.file === file && line >= finding.line && line <= Math.max(finding.line, finding.endLine)) return true;
  return finding.path.some((s) => s.file === file && s.line === line);
}

/** A finding names `a/b.F.func1` and `(*a/b.T).M`, a stack `a/b.F.func1` and `a/b.(*T).M`, and package main as `main`. */
function sameFunction(ofFinding: string, ofFrame: string): boolean {
  return localName(ofFinding) === localName(ofFrame);
}

function localName(name: string): string {
  const method = /^\((\*?)(.*)\.([^./]+)\)\.(.+)$/.exec(name);
  const plain = method === null ? name : `${method[2]}.(${method[1]}${method[3]}).${method[4]}`;
  // The outermost function: a closure's leak is that of the function around it.
  return splitName(strictName(plain)).local.replace(/\.(?:func\d+|gowrap\d+|deferwrap\d+|\d+)(?=\.|$).*$/, "");
}

function chainOf(s: Suspect, match: Match | null): string[] {
  const out: string[] = [];
  const grown = s.before === null || s.count <= s.before ? "" : `, ${s.count - s.before} more than before`;
  const size = s.unit === "bytes" ? "Memory" : `${s.count} ${s.unit}`;
  out.push(`${size}${s.wait === "" ? "" : ` in ${s.wait}`}${grown}: ${s.title}.`);
  const own = framesOfSuspect(s)[0];
  if (own === undefined && s.stack.length === 0)
    out.push("It has no stack: only what kind of thing it is can be told.");
  else if (own === undefined) out.push("None of its frames is the program's own: the library keeps it for somebody.");
  else {
    const leaf = s.stack[0];
    const from = leaf !== undefined && leaf.func !== own.func ? `Out of ${looseName(leaf.func)}, t` : "T";
    out.push(`${from}he first frame of the program is ${own.func} at ${own.file}:${own.line}.`);
  }
  if (match === null) return out;
  const { finding, tie, others } = match;
  const at = `${finding.rule} at ${finding.file}:${finding.line}`;
  if (isUnsure(finding)) {
    const many = others.length === 0 ? "" : ` (${others.length} more like it: ${places(others)})`;
    out.push(
      `stanch check alone does not report ${at}${many}: what is made there is handed to code that may keep it. The process shows a leak as it makes one${tie === "signature" ? ", and nothing surer explains it" : ", at that place"}.`,
    );
    return out;
  }
  if (tie === "line") out.push(`stanch check reports ${at}, on the same line or on the path that it shows.`);
  else if (tie === "function")
    out.push(`stanch check reports ${at}, in the same function; its leak looks like this one.`);
  else if (others.length === 0)
    out.push(`stanch check reports ${at}, the only place in the program whose leak looks like this.`);
  else
    out.push(
      `stanch check reports ${at}; its leak looks like this one, and so would ${others.length} more: ${places(others)}.`,
    );
  return out;
}

function places(findings: readonly Finding[]): string {
  const first = findings.slice(0, 3).map((f) => `${f.file}:${f.line}`);
  return first.join(", ") + (findings.length > 3 ? ", …" : "");
}
