/**
 * The whole path of an example, for real: found in the source, watched live, diagnosed and joined, mended by `check --fix` where the rule
 * can, and watched again. Its repaired twin goes beside it all the way and must be silent.
 */
import { cpSync, mkdirSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { build, Service } from "../../src/demo/service.ts";
import { type Example, type Leak, lineOf, packageOf, root } from "./catalogue.ts";
import {
  diagnose,
  type DiagnosedSuspect,
  findingsIn,
  type Place,
  stanch,
  watch,
  type WatchTarget,
  type WatchVerdict,
} from "./stanch.ts";

export interface LeakOutcome {
  readonly leak: Leak;
  readonly line: number;
  readonly inSource: boolean;
  /** `check --fix` mended it. */
  readonly mended: boolean;
  /** The live signal that was called a leak and joined to this line; null where none was. */
  readonly live: { readonly seconds: number; readonly signal: string } | null;
  /** Status of the suspect of `diagnose` that carries this line's finding; null where none does. */
  readonly suspect: string | null;
}

export interface Outcome {
  readonly example: Example;
  readonly leaks: readonly LeakOutcome[];
  /** What `check` says of the twin: nothing. */
  readonly twinFindings: readonly Place[];
  /** What `watch` and `diagnose` call a leak in the twin: nothing. */
  readonly twinLive: readonly string[];
  /** What `watch` calls a leak after the fix though its rule was mended; null where nothing could be mended. */
  readonly stillLive: readonly string[] | null;
  /** All that `watch` said of the leaking one, for the reader of a failure. */
  readonly seen: readonly string[];
}

export interface PathRequest {
  readonly go: string;
  readonly work: string;
  readonly watchSeconds: number;
  /** End the watch when everything is decided, instead of after the whole time. */
  readonly early: boolean;
  /** Also mend, build and watch what `check --fix` makes of it. */
  readonly fix: (e: Example) => boolean;
  readonly environment?: NodeJS.ProcessEnv;
}

const HEALTHY_LOOKS = 45;
const DIAGNOSE_AFTER_MS = 10_000;

/** Several at once, under one watch. */
export async function walk(examples: readonly Example[], r: PathRequest): Promise<Outcome[]> {
  rmSync(r.work, { recursive: true, force: true });
  mkdirSync(r.work, { recursive: true });
  const copy = join(r.work, "mended");
  const services: Service[] = [];
  const byName = new Map<string, Service>();
  const built: { name: string; output: string }[] = [];
  const make = async (e: Example, variant: "leaky" | "fixed" | "mended"): Promise<void> => {
    const output = join(r.work, `${e.name}-${variant}`);
    const module = join(variant === "mended" ? copy : root, e.module);
    await build({ go: r.go, module, pkg: `./${packageOf(e, variant === "fixed" ? "fixed" : "leaky")}`, output });
    built.push({ name: `${e.name}/${variant}`, output });
  };
  // Before they are checked: building fetches what they import, without which their source says little.
  for (const e of examples) for (const variant of ["leaky", "fixed"] as const) await make(e, variant);
  const inSource = new Map<Example, { leaky: Place[]; fixed: Place[] }>();
  for (const e of examples) {
    const module = join(root, e.module);
    inSource.set(e, {
      leaky: await findingsIn(module, packageOf(e, "leaky")),
      fixed: await findingsIn(module, packageOf(e, "fixed")),
    });
  }
  const mended = await mend(examples.filter(r.fix), copy);
  for (const e of examples) if ((mended.get(e)?.size ?? 0) > 0) await make(e, "mended");
  const roots = [...new Set(examples.map((e) => join(root, e.module)))];
  try {
    // All at once and after all is built: what piled up while others were built would be an old pile to two looks.
    await Promise.all(
      built.map(async ({ name, output }) => {
        const service = await Service.start(name, output, r.environment);
        services.push(service);
        byName.set(name, service);
      }),
    );
    const leaks = new Map(examples.map((e) => [byName.get(`${e.name}/leaky`)?.url ?? "", kindsOf(e)]));
    // What was mended has its source elsewhere, and so a watch of its own.
    const asIs = services.filter((x) => !x.name.endsWith("/mended"));
    const copies = services.filter((x) => x.name.endsWith("/mended"));
    const until = r.early ? { until: { leaks, looks: HEALTHY_LOOKS } } : {};
    const [seen, again, diagnosed] = await Promise.all([
      watch({ urls: asIs.map((x) => x.url), roots, atMostSeconds: r.watchSeconds, ...until }),
      copies.length === 0
        ? new Map<string, WatchTarget>()
        : watch({
            urls: copies.map((x) => x.url),
            roots: roots.map((d) => join(copy, relative(root, d))),
            atMostSeconds: r.watchSeconds,
            ...(r.early ? { until: { leaks: new Map(), looks: HEALTHY_LOOKS } } : {}),
          }),
      diagnoseAll(asIs, roots),
    ]);
    const targetOf = (e: Example, variant: string): WatchTarget | undefined =>
      (variant === "mended" ? again : seen).get(byName.get(`${e.name}/${variant}`)?.url ?? "");
    const out: Outcome[] = [];
    for (const e of examples) {
      const leaky = targetOf(e, "leaky");
      const suspects = diagnosed.get(`${e.name}/leaky`)?.suspects ?? [];
      const twin = diagnosed.get(`${e.name}/fixed`) ?? { code: 3, suspects: [] };
      const fixedRules = mended.get(e) ?? new Set<string>();
      const places = inSource.get(e);
      out.push({
        example: e,
        leaks: e.leaks.map((leak) => {
          const line = lineOf(e, leak);
          const file = `${packageOf(e, "leaky")}/main.go`;
          const right = (p: Place | null): boolean =>
            p !== null &&
            p.file === file &&
            ((p.rule === leak.rule && p.line === line) || leak.alsoRight?.includes(p.rule) === true);
          return {
            leak,
            line,
            inSource: places?.leaky.some((p) => p.rule === leak.rule && p.line === line) === true,
            mended: fixedRules.has(leak.rule),
            live: liveOf(leaky, right),
            suspect: suspectOf(suspects, right),
          };
        }),
        twinFindings: places?.fixed ?? [],
        twinLive: [
          ...leaksOf(targetOf(e, "fixed")),
          ...(twin.code === 0
            ? []
            : twin.suspects.filter(isBleeding).map((s) => `diagnose: ${s.status} ${s.title} ${s.count}`)),
        ],
        stillLive: fixedRules.size === 0 ? null : stillLive(e, fixedRules, targetOf(e, "mended")),
        seen: [
          ...verdictLines(leaky),
          ...suspects.map((s) => `diagnose: ${s.status} ${s.title} ${s.count} ${s.finding?.rule ?? ""}`),
        ],
      });
    }
    return out;
  } finally {
    await Promise.all(services.map((s) => s.stop()));
  }
}

/** While they are watched, when there has been time for something to pile up. The leaking ones at once: a pile that is old grows by less of itself. */
async function diagnoseAll(
  services: readonly Service[],
  roots: readonly string[],
): Promise<Map<string, { code: number; suspects: DiagnosedSuspect[] }>> {
  await new Promise((done) => void setTimeout(done, DIAGNOSE_AFTER_MS));
  const out = new Map<string, { code: number; suspects: DiagnosedSuspect[] }>();
  const ask = async (s: Service): Promise<void> => void out.set(s.name, await diagnose(s.url, roots));
  const isLeaky = (s: Service): boolean => s.name.endsWith("/leaky");
  await Promise.all(services.filter(isLeaky).map(ask));
  for (const s of services) if (!isLeaky(s)) await ask(s);
  return out;
}

/** How many signals of each kind must be called a leak. */
function kindsOf(e: Example): ReadonlyMap<string, number> {
  const out = new Map<string, number>();
  for (const { piles } of e.leaks) if (piles !== null) out.set(piles, (out.get(piles) ?? 0) + 1);
  return out;
}

/** What went wrong, a line each; empty where the whole path worked. `sure`: `diagnose` must say more than possible. */
export function faults(o: Outcome, sure = true): string[] {
  const name = o.example.name;
  const out: string[] = [];
  for (const l of o.leaks) {
    const at = `${l.leak.rule} at line ${l.line}`;
    if (!l.inSource) out.push(`${name}: check does not report ${at}`);
    if (l.leak.piles === null) continue;
    if (l.live === null) out.push(`${name}: watch does not say leak with ${at}`);
    if (l.suspect === null || (sure && l.suspect === "possible"))
      out.push(`${name}: diagnose does not suspect ${at} (${l.suspect ?? "nothing"})`);
  }
  for (const f of o.twinFindings) out.push(`${name}: check reports ${f.rule} in the twin, line ${f.line}`);
  for (const t of o.twinLive) out.push(`${name}: the twin is said to leak: ${t}`);
  for (const t of o.stillLive ?? []) out.push(`${name}: after --fix: ${t}`);
  if (out.length > 0) out.push(...o.seen.map((s) => `    ${s}`));
  return out;
}

/** Copies the sources and lets `check --fix` mend the leaking ones. By example, the rules whose finding is gone. */
async function mend(examples: readonly Example[], copy: string): Promise<Map<Example, ReadonlySet<string>>> {
  cpSync(join(root, "examples"), join(copy, "examples"), { recursive: true });
  const out = new Map<Example, ReadonlySet<string>>();
  for (const e of examples) {
    const module = join(copy, e.module);
    const pkg = packageOf(e, "leaky");
    const before = await findingsIn(module, pkg);
    const r = await stanch(["check", "--fix", "--no-config", `./${pkg}`], module);
    if (r.code > 1) throw new Error(`check --fix ${pkg}: ${r.stderr}`);
    const after = await findingsIn(module, pkg);
    out.set(e, new Set(before.map((f) => f.rule).filter((rule) => !after.some((f) => f.rule === rule))));
  }
  return out;
}

function liveOf(target: WatchTarget | undefined, right: (p: Place | null) => boolean): LeakOutcome["live"] {
  let best: LeakOutcome["live"] = null;
  for (const v of target?.verdicts ?? [])
    if (v.status === "leak" && right(v.finding) && v.decidedAtSeconds !== null)
      if (best === null || v.decidedAtSeconds < best.seconds)
        best = { seconds: v.decidedAtSeconds, signal: `${v.kind} ${v.label}` };
  return best;
}

function suspectOf(suspects: readonly DiagnosedSuspect[], right: (p: Place | null) => boolean): string | null {
  const joined = suspects.filter((s) => right(s.finding) || s.finding?.others.some(right) === true);
  return (joined.find(isBleeding) ?? joined[0])?.status ?? null;
}

function isBleeding(s: DiagnosedSuspect): boolean {
  return s.status !== "possible";
}

function leaksOf(target: WatchTarget | undefined): string[] {
  if (target === undefined) return ["it was not watched"];
  return target.verdicts.filter((v) => v.status === "leak").map(line);
}

/** With every leak of it mended nothing may be left; with some, nothing that is joined to what was mended. */
function stillLive(e: Example, fixed: ReadonlySet<string>, target: WatchTarget | undefined): string[] {
  if (target === undefined) return ["it was not watched"];
  const all = e.leaks.every((l) => fixed.has(l.rule));
  return target.verdicts
    .filter((v) => v.status === "leak" && (all || (v.finding !== null && fixed.has(v.finding.rule))))
    .map(line);
}

function verdictLines(target: WatchTarget | undefined): string[] {
  if (target === undefined) return [];
  return [`watch: ${target.looks} looks ${target.error ?? ""}`, ...target.verdicts.map((v) => `watch: ${line(v)}`)];
}

function line(v: WatchVerdict): string {
  const joined = v.finding === null ? "" : ` = ${v.finding.rule} ${v.finding.file}:${v.finding.line}`;
  return `${v.status} ${v.kind} ${v.label} ${v.from} → ${v.value} after ${v.decidedAtSeconds ?? "?"} s${joined}`;
}
