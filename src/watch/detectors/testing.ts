/**
 * A small language for what a process does, so that a test reads as the story it tells. Times: `90s`, `10m`, `2h`, `1d`.
 *
 *     every 15s for 2h                       one sample each, from 2026-01-05 00:00 UTC
 *     seed 3
 *     load requests = 100 + sine 50 1h       a rate per second, kept as a counter; `load connections` stays a level
 *     goroutine worker = 20 + poisson 0.5/s from 10m + noise 3
 *     heap total = 100MiB + saw 40MiB 90s    `sawtooth heap total = …`: a signal whose floor counts
 *     fd socket limit 1024 = finalized 0.3/s
 *     gc every 2m · restart at 1h · gap 40m..50m · proof worker 12 at 20m
 *     expect leak worker by 45m              also: `expect plateaued-leak …`
 *     expect no leak                         at no time, of no signal
 *     expect worker load                     the shape at the end
 *
 * An underscore in a name stands for a space. Terms: a number; `N/s` grows evenly; `poisson N/s` one by one; `noise SD`; `ar PHI SD`; `walk SD`; `sine AMPLITUDE PERIOD [phase F]`;
 * `follow X of LOAD`; `busy X of LOAD` (Poisson around it); `per X of LOAD` (piles up, so many for each unit of load); `step N at T`;
 * `fill N TAU` (levels off); `saw N PERIOD`; `burst N every T lasting T`; `finalized N/s` (back to nothing at each gc); `max N`. What
 * grows takes `from T` and `until T`.
 */
import type { Sample } from "../../series/sample.ts";
import type { Signal, SignalKind } from "../../series/signal.ts";

import { Random } from "../../stats/random.ts";
import { Judge, judgeDefaults, type JudgeOptions } from "./judge.ts";

export interface Story {
  readonly everyMs: number;
  readonly forMs: number;
  readonly seed: number;
  readonly signals: readonly StorySignal[];
  readonly gcEveryMs: number | null;
  readonly restarts: readonly number[];
  readonly gaps: readonly (readonly [number, number])[];
  readonly proofs: readonly { readonly name: string; readonly count: number; readonly atMs: number }[];
  readonly expects: readonly Expectation[];
}

interface StorySignal {
  readonly signal: Signal;
  readonly terms: readonly string[];
}

export type Expectation =
  | { readonly kind: "none" }
  | { readonly kind: "leak"; readonly shape: string; readonly name: string; readonly byMs: number | null }
  | { readonly kind: "shape"; readonly name: string; readonly shape: string };

const START = Date.UTC(2026, 0, 5);

export function parseStory(text: string): Story {
  let everyMs = 15_000;
  let forMs = 3_600_000;
  let seed = 1;
  let gcEveryMs: number | null = null;
  const signals: StorySignal[] = [];
  const restarts: number[] = [];
  const gaps: [number, number][] = [];
  const proofs: { name: string; count: number; atMs: number }[] = [];
  const expects: Expectation[] = [];
  const named = (name: string): string => name.replaceAll("_", " ");
  for (const raw of text.split("\n")) {
    const line = raw.replace(/#.*/, "").trim();
    if (line === "") continue;
    let m: RegExpExecArray | null;
    if ((m = /^every (\S+) for (\S+)$/.exec(line))) {
      everyMs = time(m[1]);
      forMs = time(m[2]);
    } else if ((m = /^seed (\d+)$/.exec(line))) seed = Number(m[1]);
    else if ((m = /^gc every (\S+)$/.exec(line))) gcEveryMs = time(m[1]);
    else if ((m = /^restart at (\S+)$/.exec(line))) restarts.push(time(m[1]));
    else if ((m = /^gap (\S+)\.\.(\S+)$/.exec(line))) gaps.push([time(m[1]), time(m[2])]);
    else if ((m = /^proof (\S+) (\d+) at (\S+)$/.exec(line)))
      proofs.push({ name: named(m[1]), count: Number(m[2]), atMs: time(m[3]) });
    else if (line === "expect no leak") expects.push({ kind: "none" });
    else if ((m = /^expect (leak|plateaued-leak) (\S+)(?: by (\S+))?$/.exec(line)))
      expects.push({ kind: "leak", shape: m[1], name: named(m[2]), byMs: m[3] === undefined ? null : time(m[3]) });
    else if ((m = /^expect (\S+) (healthy|load|warm-up|step|undecided)$/.exec(line)))
      expects.push({ kind: "shape", name: named(m[1]), shape: m[2] });
    else if ((m = /^(sawtooth )?(load|goroutine|heap|fd|socket|pool) (\S+)(?: limit (\S+))? = (.+)$/.exec(line)))
      signals.push({ signal: signal(m), terms: m[5].split(/\s+\+\s+/) });
    else throw new Error(`not understood: ${line}`);
  }
  return { everyMs, forMs, seed, signals, gcEveryMs, restarts, gaps, proofs, expects };
}

function signal(m: RegExpExecArray): Signal {
  const kind = m[2] as SignalKind;
  return {
    kind,
    name: m[3].replaceAll("_", " "),
    unit: kind === "heap" ? "bytes" : "count",
    counter: kind === "load" && !m[3].startsWith("conn"),
    sawtooth: m[1] !== undefined,
    limit: m[4] === undefined ? null : size(m[4]),
    label: m[3],
    location: null,
    stack: [],
  };
}

export function* tell(story: Story): Generator<Sample> {
  const random = new Random(story.seed);
  const state = new Map<string, number>();
  const read = new Set<SignalKind>(story.signals.map((s) => s.signal.kind));
  let started = 0;
  let nextGc = story.gcEveryMs ?? Number.POSITIVE_INFINITY;
  let collections = 0;
  const restarts = [...story.restarts];
  const dt = story.everyMs / 1000;
  for (let at = 0; at <= story.forMs; at += story.everyMs) {
    if (restarts.length > 0 && at >= restarts[0]) {
      restarts.shift();
      started = at;
      state.clear();
      collections = 0;
    }
    const gc = at >= nextGc;
    if (gc) {
      nextGc += story.gcEveryMs ?? 0;
      collections++;
    }
    const levels = new Map<string, number>();
    const points: { signal: Signal; value: number }[] = [];
    for (const { signal: s, terms } of story.signals) {
      let v = 0;
      let most = Number.POSITIVE_INFINITY;
      terms.forEach((term, i) => {
        const cap = /^max (\S+)$/.exec(term);
        if (cap === null) v += valueOf(term, `${s.kind} ${s.name} ${i}`, { at, dt, random, state, levels, gc });
        else most = size(cap[1]);
      });
      v = Math.min(most, Math.max(0, v));
      if (s.kind === "load") {
        levels.set(s.name, v);
        if (s.counter) {
          const key = `counter ${s.name}`;
          v = (state.get(key) ?? 0) + v * dt;
          state.set(key, v);
        }
      } else v = Math.round(v);
      points.push({ signal: s, value: v });
    }
    if (story.gaps.some(([from, to]) => at >= from && at < to)) continue;
    const proven = new Map(story.proofs.filter((p) => p.atMs === at).map((p) => [p.name, p.count]));
    yield {
      timeMs: START + at,
      process: { pid: 1, startedMs: START + started, goVersion: null, module: null, revision: null },
      read,
      points,
      ...(proven.size > 0 ? { proven } : {}),
      ...(story.gcEveryMs === null ? {} : { collections }),
    };
  }
}

interface Moment {
  readonly at: number;
  readonly dt: number;
  readonly random: Random;
  readonly state: Map<string, number>;
  readonly levels: ReadonlyMap<string, number>;
  readonly gc: boolean;
}

function valueOf(term: string, key: string, { at, dt, random, state, levels, gc }: Moment): number {
  let m: RegExpExecArray | null;
  const bounds = /^(.*?)(?: from (\S+))?(?: until (\S+))?$/.exec(term);
  const body = bounds?.[1] ?? term;
  const runs =
    at >= (bounds?.[2] === undefined ? 0 : time(bounds[2])) &&
    at < (bounds?.[3] === undefined ? Number.POSITIVE_INFINITY : time(bounds[3]));
  const grow = (by: number): number => {
    const v = (state.get(key) ?? 0) + (runs ? by : 0);
    state.set(key, v);
    return v;
  };
  const load = (name: string): number => levels.get(name) ?? Number.NaN;
  if ((m = /^(\S+)\/s$/.exec(body))) return grow(size(m[1]) * dt);
  if ((m = /^poisson (\S+)\/s$/.exec(body))) return grow(random.poisson(size(m[1]) * dt));
  if ((m = /^per (\S+) of (\S+)$/.exec(body))) return grow(random.poisson(size(m[1]) * load(m[2]) * dt));
  if ((m = /^finalized (\S+)\/s$/.exec(body))) {
    if (gc) state.set(key, 0);
    return grow(random.poisson(size(m[1]) * dt));
  }
  if ((m = /^walk (\S+)$/.exec(body))) return grow(random.normal() * size(m[1]));
  if ((m = /^ar (\S+) (\S+)$/.exec(body))) {
    const phi = Number(m[1]);
    const before = state.get(key) ?? (random.normal() * size(m[2])) / Math.sqrt(1 - phi * phi);
    const v = phi * before + random.normal() * size(m[2]);
    state.set(key, v);
    return v;
  }
  if ((m = /^noise (\S+)$/.exec(body))) return random.normal() * size(m[1]);
  if ((m = /^sine (\S+) (\S+)(?: phase (\S+))?$/.exec(body)))
    return size(m[1]) * Math.sin(2 * Math.PI * (at / time(m[2]) + Number(m[3] ?? 0)));
  if ((m = /^follow (\S+) of (\S+)$/.exec(body))) return size(m[1]) * load(m[2]);
  if ((m = /^busy (\S+) of (\S+)$/.exec(body))) return random.poisson(size(m[1]) * load(m[2]));
  if ((m = /^step (\S+) at (\S+)$/.exec(body))) return at >= time(m[2]) ? size(m[1]) : 0;
  if ((m = /^fill (\S+) (\S+)$/.exec(body))) return size(m[1]) * (1 - Math.exp(-at / time(m[2])));
  if ((m = /^saw (\S+) (\S+)$/.exec(body))) return size(m[1]) * ((at / time(m[2])) % 1);
  if ((m = /^burst (\S+) every (\S+) lasting (\S+)$/.exec(body))) return at % time(m[2]) < time(m[3]) ? size(m[1]) : 0;
  if ((m = /^(\S+)$/.exec(body))) return size(m[1]);
  throw new Error(`not understood: ${term}`);
}

function time(text: string): number {
  const m = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text);
  if (m === null) throw new Error(`not a time: ${text}`);
  return Number(m[1]) * { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }[m[2] as "s"];
}

function size(text: string): number {
  const m = /^(-?\d+(?:\.\d+)?)(B|KiB|MiB|GiB)?$/.exec(text);
  if (m === null) throw new Error(`not a number: ${text}`);
  return Number(m[1]) * { "": 1, B: 1, KiB: 1024, MiB: 1 << 20, GiB: 1 << 30 }[(m[2] ?? "") as ""];
}

export interface Told {
  /** What was expected and is not so. */
  readonly failures: readonly string[];
  /** First time each signal was called a leak, milliseconds since the start. */
  readonly leaks: ReadonlyMap<string, number>;
  readonly judge: Judge;
}

export function run(story: Story, options: JudgeOptions = judgeDefaults): Told {
  const judge = new Judge(options);
  const leaks = new Map<string, number>();
  const shapes = new Map<string, string>();
  for (const sample of tell(story)) {
    if (!judge.push(sample)) continue;
    for (const v of judge.verdicts())
      if (v.status === "leak") {
        if (!leaks.has(v.signal.name)) leaks.set(v.signal.name, sample.timeMs - START);
        shapes.set(v.signal.name, v.shape);
      }
  }
  const failures: string[] = [];
  const minutes = (ms: number): string => `${(ms / 60_000).toFixed(1)} min`;
  for (const e of story.expects) {
    if (e.kind === "none")
      for (const [name, at] of leaks) failures.push(`${name} was called a leak after ${minutes(at)}`);
    else if (e.kind === "leak") {
      const at = leaks.get(e.name);
      if (at === undefined) failures.push(`${e.name} was not found${why(judge, e.name)}`);
      else if (e.byMs !== null && at > e.byMs) failures.push(`${e.name} was found late, after ${minutes(at)}`);
      else if (e.shape !== "leak" && shapes.get(e.name) !== e.shape)
        failures.push(`${e.name} is a ${shapes.get(e.name)}, not a ${e.shape}`);
      const others = [...leaks.keys()].filter((n) => !story.expects.some((x) => x.kind === "leak" && x.name === n));
      for (const other of others) failures.push(`${other} was called a leak too`);
    } else {
      const shape = judge.all().find((v) => v.signal.name === e.name)?.shape;
      if (shape !== e.shape) failures.push(`${e.name} is ${shape}, not ${e.shape}${why(judge, e.name)}`);
    }
  }
  return { failures, leaks, judge };
}

function why(judge: Judge, name: string): string {
  const v = judge.all().find((x) => x.signal.name === name);
  return v === undefined ? " (no such signal)" : ` (${v.shape}: ${v.evidence.join(" ")} ${v.changeOfMind})`;
}
