/**
 * What a deploy did to the leaks of a service: which came, which went, which stayed. Pure: instances as they were seen to leak, and the
 * previous revision as it was recorded.
 */
import type { ProcessIdentity } from "../series/sample.ts";
import { signalId } from "../series/signal.ts";
import type { Verdict } from "../watch/verdict.ts";
import { suspectOf } from "./of-verdict.ts";
import { pairPlaces, placeOfSuspect, placeOfVerdict, type Place } from "./place.ts";
import type { Suspect } from "./suspect.ts";

export interface GateInstance {
  readonly name: string;
  readonly process: ProcessIdentity | null;
  readonly firstMs: number | null;
  /** Since the process last started. */
  readonly looks: number;
  readonly seconds: number;
  /** Leaks, the worst first, also those that a restart ended, then one for each kind that has none. */
  readonly verdicts: readonly Verdict[];
  /** Of every signal that was followed. */
  readonly all: readonly Verdict[];
  readonly load: "busy" | "idle" | "unknown";
  readonly loadWhy: string;
  /** How often it was started anew while it was watched. */
  readonly restarts: number;
  /** Why it cannot be read; null while it can. */
  readonly failure: string | null;
}

/** The previous revision: verdicts of a recording, or what one look at it shows. */
export interface GateBaseline {
  /** Names of the targets it was recorded of. */
  readonly targets: readonly string[];
  readonly process: ProcessIdentity | null;
  readonly looks: number;
  readonly seconds: number;
  readonly verdicts: readonly Verdict[];
  readonly suspects: readonly Suspect[];
}

export type Change = "came" | "stayed" | "went" | "open";

export interface GateLine {
  /** `open`: a leak of before of which it is too early to say that it went, or growth that is not sure. */
  readonly change: Change;
  /** As it is now, of the instance that leaks worst; null where it went. */
  readonly now: Verdict | null;
  /** When that instance was first seen: `now` counts from it. */
  readonly firstMs: number | null;
  /** As the baseline has it. */
  readonly before: Verdict | Suspect | null;
  /** Instances that leak here. */
  readonly leaking: readonly string[];
  /** Instances that do not, and what is said of them. */
  readonly others: readonly { readonly name: string; readonly status: "healthy" | "undecided" | "not seen" }[];
}

export interface GateService {
  /** The module, or where that is unknown the targets. */
  readonly name: string;
  readonly instances: readonly GateInstance[];
  readonly baseline: GateBaseline | null;
  readonly lines: readonly GateLine[];
  /** Why there is no verdict; empty where there is one. */
  readonly noVerdict: readonly string[];
  readonly notes: readonly string[];
}

export type GateOutcome = "failed" | "passed" | "no verdict";

/** Looks from which "healthy" means something. */
export const ENOUGH = 30;

export interface GateRules {
  readonly requireLoad: boolean;
  /** What stayed fails too. */
  readonly failOnStayed: boolean;
}

export function gateService(
  name: string,
  instances: readonly GateInstance[],
  baseline: GateBaseline | null,
  rules: GateRules,
): GateService {
  const now = together(instances);
  const before = baseline === null ? [] : once(baseline);
  const paired = pairPlaces(
    before,
    now,
    (b) => b.place,
    (n) => n.place,
  );
  const lines: GateLine[] = [];
  const totals = new Set(paired.gone.filter((b) => isTotal(b.leak)).map((b) => b.place.what));
  for (const leak of paired.come) {
    // A recording of totals alone (of Prometheus, a table) cannot tell one leak of a kind from another.
    const total = totals.has(leak.place.what) && baseline !== null && knowsTotalsOnly(baseline, leak.place.what);
    const old = total ? (paired.gone.find((b) => b.place.what === leak.place.what && isTotal(b.leak)) ?? null) : null;
    lines.push(lineOf(old === null ? "came" : "stayed", leak, old?.leak ?? null, instances));
  }
  for (const [b, leak] of paired.pairs)
    lines.push(lineOf(isMore(b.leak, leak.worst) ? "came" : "stayed", leak, b.leak, instances));
  const stayed = new Set(lines.map((l) => l.before));
  for (const b of paired.gone) {
    if (stayed.has(b.leak) || isOnlyPossible(b.leak)) continue;
    const seen = instances.map((i) => ({ name: i.name, status: statusAt(i, b.place) }));
    const open = seen.every((s) => s.status !== "healthy") || seen.some((s) => s.status === "undecided");
    lines.push({ change: open ? "open" : "went", now: null, firstMs: null, before: b.leak, leaking: [], others: seen });
  }
  lines.push(...growing(instances, lines));
  const noVerdict = doubts(instances, rules);
  return {
    name,
    instances,
    baseline,
    lines: lines.sort((a, b) => order.indexOf(a.change) - order.indexOf(b.change)),
    noVerdict,
    notes: notesOf(instances, baseline, rules, noVerdict),
  };
}

const order: readonly Change[] = ["came", "stayed", "open", "went"];

/** A leak that came fails whatever else is not known; without one, a service of which nothing is known has no verdict. */
export function outcomeOf(services: readonly GateService[], rules: GateRules): GateOutcome {
  const fails = (l: GateLine): boolean => l.change === "came" || (rules.failOnStayed && l.change === "stayed");
  if (services.some((s) => s.lines.some(fails))) return "failed";
  return services.some((s) => s.noVerdict.length > 0) ? "no verdict" : "passed";
}

/** Whether waiting longer may say more. Heaps fill for twenty minutes: nobody waits for them. */
export function isUnsettled(service: GateService): boolean {
  return (
    service.noVerdict.length > 0 ||
    service.instances.some((i) => i.failure === null && i.looks < ENOUGH) ||
    service.lines.some((l) => l.change === "open" && (l.now ?? l.before)?.kind !== "heap")
  );
}

interface Before {
  readonly leak: Verdict | Suspect;
  readonly place: Place;
}

/** Instances of the previous revision that leaked at the same place are one leak too; the worst is told. */
function once(baseline: GateBaseline): Before[] {
  const all: Before[] = [];
  const own: Before[] = [
    ...baseline.verdicts.filter((v) => v.status === "leak").map((v) => ({ leak: v, place: placed(v) })),
    ...baseline.suspects.map((s) => ({ leak: s, place: placeOfSuspect(s) })),
  ];
  const key = (b: Before): string =>
    `${"score" in b.leak ? "look" : "run"}\t${b.place.what}\t${b.place.names[0] ?? ""}`;
  const known = new Map<string, Before>();
  for (const b of own) {
    const same = known.get(key(b));
    if (same === undefined || b.place.names[0] === null) {
      known.set(key(b), b);
      all.push(b);
    } else if (sizeOf(b.leak) > sizeOf(same.leak)) {
      all[all.indexOf(same)] = b;
      known.set(key(b), b);
    }
  }
  return all;
}

function sizeOf(leak: Verdict | Suspect): number {
  return "score" in leak ? leak.count : (leak.growth?.perSecond ?? 0);
}

interface Leak {
  readonly place: Place;
  worst: Verdict;
  worstOf: GateInstance;
  readonly instances: string[];
}

/** The same leak on several instances is one. */
function together(instances: readonly GateInstance[]): Leak[] {
  const all: Leak[] = [];
  for (const instance of instances) {
    const own = instance.verdicts.filter((v) => v.status === "leak").map((v) => ({ v, place: placed(v) }));
    const { pairs, come } = pairPlaces(
      all,
      own,
      (l) => l.place,
      (o) => o.place,
    );
    for (const [known, { v }] of pairs) {
      known.instances.push(instance.name);
      if ((v.growth?.perSecond ?? 0) > (known.worst.growth?.perSecond ?? 0)) {
        known.worst = v;
        known.worstOf = instance;
      }
    }
    for (const { v, place } of come) all.push({ place, worst: v, worstOf: instance, instances: [instance.name] });
  }
  return all;
}

function placed(v: Verdict): Place {
  return placeOfVerdict(v, suspectOf(v));
}

function lineOf(
  change: Change,
  leak: Leak,
  before: Verdict | Suspect | null,
  instances: readonly GateInstance[],
): GateLine {
  return {
    change,
    now: leak.worst,
    firstMs: leak.worstOf.firstMs,
    before,
    leaking: leak.instances,
    others: instances
      .filter((i) => !leak.instances.includes(i.name))
      .map((i) => ({ name: i.name, status: statusAt(i, leak.place) })),
  };
}

/** What an instance says of a place. Nothing there at all is healthy, once it has been watched for long enough. */
function statusAt(i: GateInstance, place: Place): "healthy" | "undecided" | "not seen" {
  if (i.looks === 0) return "not seen";
  const { pairs } = pairPlaces(
    [place],
    i.all.map((v) => ({ v, p: placed(v) })),
    (p) => p,
    (x) => x.p,
  );
  const status = pairs[0]?.[1].v.status;
  if (status === "healthy") return "healthy";
  if (status === undefined && i.looks >= ENOUGH && i.all.some((v) => v.kind === place.what)) return "healthy";
  return "undecided";
}

function isTotal(leak: Verdict | Suspect): boolean {
  return "signal" in leak && leak.signal.name === "total";
}

function knowsTotalsOnly(b: GateBaseline, what: Place["what"]): boolean {
  return b.suspects.length === 0 && b.verdicts.filter((v) => v.kind === what).every((v) => v.signal.name === "total");
}

/** A pile that one look saw is the same leak only where it was as large already. */
function isMore(before: Verdict | Suspect, now: Verdict): boolean {
  return isOnlyPossible(before) && now.value > (before as Suspect).count;
}

function isOnlyPossible(leak: Verdict | Suspect): boolean {
  return "score" in leak && leak.status === "possible";
}

/** What grows and is not sure, and is in no line yet. */
function growing(instances: readonly GateInstance[], lines: readonly GateLine[]): GateLine[] {
  const out: GateLine[] = [];
  const told = new Set(lines.flatMap((l) => (l.now === null ? [] : [signalId(l.now.signal)])));
  for (const i of instances) {
    if (i.looks < ENOUGH) continue;
    for (const v of i.verdicts) {
      const id = signalId(v.signal);
      if (v.status !== "undecided" || v.growth === null || v.growth.perSecond <= 0 || told.has(id)) continue;
      told.add(id);
      out.push({
        change: "open",
        now: v,
        firstMs: i.firstMs,
        before: null,
        leaking: [],
        others: [{ name: i.name, status: "undecided" }],
      });
    }
  }
  return out;
}

/** One instance that was watched well enough answers for a service. */
function doubts(instances: readonly GateInstance[], { requireLoad }: GateRules): string[] {
  const out: string[] = [];
  for (const i of instances) {
    if (i.looks === 0) out.push(`${i.name}: ${i.failure ?? "it was not looked at"}`);
    else if (i.looks < ENOUGH)
      out.push(
        i.restarts > 0
          ? `${i.name} was started anew and looked at ${i.looks} times since: too few to say anything`
          : `${i.name} was looked at ${i.looks} times: too few to say anything`,
      );
    else if (requireLoad && i.load === "idle") out.push(`${i.name} had nothing to do (${i.loadWhy})`);
    else if (requireLoad && i.load === "unknown")
      out.push(`${i.name}: nothing shows whether it had anything to do; name its metrics with --metrics`);
    else return [];
  }
  return out;
}

function notesOf(
  instances: readonly GateInstance[],
  baseline: GateBaseline | null,
  { requireLoad }: GateRules,
  noVerdict: readonly string[],
): string[] {
  const out: string[] = [];
  if (baseline === null) out.push("There is no baseline: every leak counts as one that came.");
  else if (baseline.suspects.length === 0 && baseline.looks < ENOUGH)
    out.push(`The baseline has ${baseline.looks} looks at it, too few to know what leaked before.`);
  const revision = baseline?.process?.revision ?? null;
  const revisions = new Set(instances.flatMap((i) => (i.process?.revision == null ? [] : [i.process.revision])));
  if (revisions.size > 1)
    out.push(`The instances run ${revisions.size} revisions: ${[...revisions].map((r) => r.slice(0, 12)).join(", ")}.`);
  const idle = instances.filter((i) => i.looks > 0 && i.load === "idle");
  if (idle.length > 0 && !requireLoad)
    out.push(`${names(idle)} had nothing to do (${idle[0].loadWhy}): what needs requests to leak was not seen.`);
  for (const i of instances) {
    if (revision !== null && i.process?.revision === revision)
      out.push(`${i.name} runs the revision of the baseline, ${revision.slice(0, 12)}.`);
    if (i.restarts > 0)
      out.push(`${i.name} was started anew ${times(i.restarts)} while it was watched: what it had gathered is gone.`);
    if (i.failure !== null && noVerdict.length === 0) out.push(`${i.name} cannot be read: ${i.failure}`);
  }
  return out;
}

function names(list: readonly GateInstance[]): string {
  return list.length <= 3
    ? list.map((i) => i.name).join(", ")
    : `${list
        .slice(0, 3)
        .map((i) => i.name)
        .join(", ")} and ${list.length - 3} more`;
}

function times(n: number): string {
  return n === 1 ? "once" : `${n} times`;
}
