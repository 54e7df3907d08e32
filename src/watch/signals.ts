/**
 * From what one look brought to points. Names stay the same across restarts, builds and Go versions; a signal once followed stays followed
 * while it is there, so that a rank that changes does not look like growth. Pure but for the memory of what is followed.
 */
import { FileNames } from "../probe/file-names.ts";
import { fdKinds, fdSummary, type FdTable } from "../probe/procfs.ts";
import type { OwnSockets, SocketGroup } from "../probe/sockets.ts";
import { total, typeIndex, type Frame as ProfileFrame, type Profile } from "../profile/columns.ts";
import { groupGoroutines, isOwn, type GoroutineGroup } from "../profile/group.ts";
import { heapSites, siteOf, type HeapSite } from "../profile/heap-sites.ts";
import { packageOf, readBuildPath, shortName } from "../profile/names.ts";
import { openerKey, openersOf, type Opener } from "../profile/openers.ts";
import { openerName, readOpener, tracedName, type OpenerHow } from "../series/openers.ts";
import { readPools, type Metric } from "../series/pools.ts";
import type { Point } from "../series/sample.ts";
import type { Frame, Signal, SignalKind } from "../series/signal.ts";

/** How many signals of a kind are followed at most: about 200 in all. */
export const MOST: Readonly<Record<SignalKind, number>> = {
  goroutine: 80,
  heap: 60,
  socket: 40,
  fd: 24,
  pool: 12,
  load: 12,
};

/** Stacks that open descriptors, two signals each; of a thousand targets they are many. */
const MOST_OPENERS = 8;
const OPENER_FRAMES = 16;

/** Frames kept of a stack: the leaf and the program's own are within it. */
const STACK_FRAMES = 32;

export interface Limits {
  readonly descriptors: number | null;
  readonly memoryBytes: number | null;
}

interface Candidate {
  readonly name: string;
  readonly value: number;
  readonly make: () => Signal;
}

export class Signals {
  private readonly known = new Map<SignalKind, Map<string, Signal>>();
  private readonly files = new FileNames();
  /** Of allocation sites, how large they were when their stack was taken. */
  private readonly sizes = new Map<string, number>();
  /** Import path of the main module, null where unknown: tells the program's own frames from those of its dependencies. */
  module: string | null = null;
  limits: Limits = { descriptors: null, memoryBytes: null };

  knows(kind: SignalKind, name: string): boolean {
    return this.known.get(kind)?.has(name) === true;
  }

  /** Another process: its stacks may be other ones under the same names. */
  forget(): void {
    this.known.clear();
    this.files.forget();
    this.sizes.clear();
  }

  goroutines(profile: Profile): Point[] {
    const groups = new Map<string, { group: GoroutineGroup; count: number }>();
    for (const group of groupGoroutines(profile)) {
      const same = groups.get(group.looseKey);
      if (same === undefined) groups.set(group.looseKey, { group, count: group.count });
      else same.count += group.count;
    }
    return [
      this.total("goroutine", total(profile, 0)),
      ...this.most(
        "goroutine",
        [...groups].map(([name, { group, count }]) => ({ name, value: count, make: () => this.ofGroup(name, group) })),
      ),
    ];
  }

  /** Live bytes by site; `live` is the runtime's own gauge, which the sum of a sampled profile only estimates. NaN: a gap. */
  heap(profile: Profile, live: number | null): Point[] {
    const column = typeIndex(profile, "inuse_space");
    if (column < 0) return [];
    const sites = heapSites(profile, "function");
    for (const site of sites) this.renew(site);
    return [
      this.total("heap", live ?? total(profile, column)),
      ...this.most(
        "heap",
        sites.map((site) => ({
          name: site.key,
          value: site.bytes,
          make: () => this.ofSite(site),
        })),
      ),
    ];
  }

  descriptors(fds: FdTable): Point[] {
    return [
      this.total("fd", fds.count),
      ...this.most("fd", [
        ...fdSummary(fds).map(({ kind, count }) => ({
          name: kind,
          value: count,
          make: () => plain("fd", kind, kind === "deleted" ? "descriptors of deleted files" : `${kind} descriptors`),
        })),
        ...this.files.of(fds).map(({ kind, name, count }) => ({
          name: `${kind} ${name}`,
          value: count,
          make: () => plain("fd", `${kind} ${name}`, `${kind === "deleted" ? "deleted files" : "files"} ${name}`),
        })),
      ]),
    ];
  }

  /** A connection within the process is two sockets and one connection: the end that dialled it counts, the accepted one is its effect. */
  sockets(own: OwnSockets): Point[] {
    const counts = new Map<string, number>();
    let fromOurselves = 0;
    for (const g of own.groups) {
      if (g.direction === "listen" || g.transport !== "tcp") continue;
      fromOurselves += g.fromOurselves;
      const name = socketName(g);
      counts.set(name, (counts.get(name) ?? 0) + g.count - g.fromOurselves);
    }
    return [
      this.total("socket", own.total - fromOurselves),
      ...this.most(
        "socket",
        [...counts].map(([name, value]) => ({ name, value, make: () => plain("socket", name, name) })),
      ),
    ];
  }

  /** Who opens descriptors, as far as the heap profile sampled it. */
  openers(heap: Profile): Point[] {
    const known = this.of("load");
    let room = 2 * MOST_OPENERS;
    for (const s of known.values()) if (readOpener(s)) room--;
    const points: Point[] = [];
    for (const o of openersOf(heap))
      for (const how of ["held", "opened"] as const) {
        const name = openerName({ how, what: o.kind, by: o.key });
        if (!known.has(name) && room-- <= 0) continue;
        points.push(this.one("load", name, o[how], () => this.ofOpener(name, how, o)));
      }
    return points;
  }

  /** Who opened what is open, as the tracing probe saw it; `sockets` by descriptor. Once: what was seen stays true. */
  traced(
    stacks: readonly { readonly fds: readonly number[]; readonly frames: readonly ProfileFrame[] }[],
    fds: FdTable,
    sockets: ReadonlyMap<number, Pick<SocketGroup, "direction" | "peer" | "port" | "state">>,
  ): Point[] {
    const files = this.files.namesOf(fds);
    const counts = new Map<string, { readonly stack: readonly ProfileFrame[]; readonly of: string; count: number }>();
    for (const { fds: opened, frames } of stacks) {
      const site = siteOf(frames);
      // What was accepted belongs to the peer; it is no opener.
      if (!isOwn(site.func) || frames.some((f) => /^net\.\(\*(?:TCP|Unix)Listener\)\.accept$/.test(f.func))) continue;
      for (const fd of opened) {
        const row = fds.numbers.indexOf(fd);
        if (row < 0) continue;
        const kind = fdKinds[fds.kinds[row]];
        const socket = sockets.get(fd);
        const of: { readonly kind: SignalKind; readonly name: string }[] = [{ kind: "fd", name: kind }];
        const file = files.get(fd);
        if (file !== undefined) of.push({ kind: "fd", name: `${kind} ${file}` });
        if (socket !== undefined) of.push({ kind: "socket", name: socketName(socket) });
        for (const s of of) {
          const name = openerName({ how: "traced", what: tracedName(s), by: openerKey(site) });
          const known = counts.get(name);
          if (known === undefined) counts.set(name, { stack: frames, of: s.name, count: 1 });
          else known.count++;
        }
      }
    }
    return [...counts].map(([name, { stack, of, count }]) => {
      const at = this.place(stack);
      return {
        value: count,
        signal: {
          ...plain("load", name, at === null ? `opened: ${of}` : labelOf(`opened: ${of}`, at)),
          location: at === null ? null : frame(at),
          stack: stack.slice(0, STACK_FRAMES).map(frame),
        },
      };
    });
  }

  pools(metrics: readonly Metric[]): Point[] {
    return this.most(
      "pool",
      readPools(metrics).map((p) => {
        const name = `${p.name === "" ? "pool" : p.name} in use`;
        return {
          name,
          value: p.inUse,
          make: () =>
            plain("pool", name, `connections of ${p.name === "" ? "the pool" : p.name} in use`, {
              limit: p.max > 0 ? p.max : null,
            }),
        };
      }),
    );
  }

  total(kind: "goroutine" | "heap" | "fd" | "socket", value: number): Point {
    return this.one(kind, "total", value, () => {
      if (kind === "heap")
        return plain("heap", "total", "live heap", { unit: "bytes", limit: this.limits.memoryBytes });
      const limit = kind === "fd" ? this.limits.descriptors : null;
      return plain(kind, "total", kind === "fd" ? "descriptors" : `${kind}s`, { limit });
    });
  }

  load(name: string, value: number, counter: boolean, label: string, unit: Signal["unit"] = "count"): Point {
    return this.one("load", name, value, () => ({ ...plain("load", name, label), counter, unit }));
  }

  /** The first few names that were seen stay: counters that come and go would be no measure. */
  loads(of: readonly { readonly name: string; readonly value: number }[]): Point[] {
    return this.most(
      "load",
      of.map(({ name, value }) => ({ name, value, make: () => ({ ...plain("load", name, name), counter: true }) })),
    );
  }

  private one(kind: SignalKind, name: string, value: number, make: () => Signal): Point {
    const known = this.of(kind);
    let signal = known.get(name);
    if (signal === undefined) known.set(name, (signal = make()));
    return { signal, value };
  }

  /** Those already followed, and of the rest the largest while there is room. */
  private most(kind: SignalKind, candidates: readonly Candidate[]): Point[] {
    const known = this.of(kind);
    const points: Point[] = [];
    const rest: Candidate[] = [];
    const present = new Set<string>();
    for (const c of candidates) {
      const signal = known.get(c.name);
      if (signal === undefined) rest.push(c);
      else {
        present.add(c.name);
        points.push({ signal, value: c.value });
      }
    }
    const add = (c: Candidate): void => {
      const signal = c.make();
      known.set(c.name, signal);
      present.add(c.name);
      points.push({ signal, value: c.value });
    };
    rest.sort((a, b) => b.value - a.value || (a.name < b.name ? -1 : 1));
    let at = 0;
    while (at < rest.length && known.size < MOST[kind]) add(rest[at++]);
    if (at === rest.length || known.size < MOST[kind]) return points;
    // Full: what has gone makes room, the longest known first, and then what is smaller than a fourth of the newcomer.
    for (const name of known.keys()) {
      if (at === rest.length) break;
      if (present.has(name) || name === "total") continue;
      known.delete(name);
      add(rest[at++]);
    }
    while (at < rest.length) {
      let least = -1;
      for (let i = 0; i < points.length; i++)
        if (present.has(points[i].signal.name) && (least < 0 || points[i].value < points[least].value)) least = i;
      if (least < 0 || points[least].value * 4 >= rest[at].value) break;
      known.delete(points[least].signal.name);
      present.delete(points[least].signal.name);
      points.splice(least, 1);
      add(rest[at++]);
    }
    return points;
  }

  private of(kind: SignalKind): Map<string, Signal> {
    let m = this.known.get(kind);
    if (m === undefined) this.known.set(kind, (m = new Map()));
    return m;
  }

  private ofGroup(name: string, group: GoroutineGroup): Signal {
    const at = this.place(group.stack) ?? (isOwn(group.site.func) ? group.site : null);
    const shown = at ?? group.site;
    return {
      ...plain("goroutine", name, labelOf(group.wait, shown)),
      location: at === null ? null : frame(at),
      stack: group.stack.slice(0, STACK_FRAMES).map(frame),
    };
  }

  /** A function allocates at several lines, and the first that was sampled need not be the one that piles up. */
  private renew(site: HeapSite): void {
    const known = this.of("heap").get(site.key);
    if (known === undefined || site.bytes < 2 * (this.sizes.get(site.key) ?? 0)) return;
    const now = this.ofSite(site);
    if (now.location?.line !== known.location?.line) this.of("heap").set(site.key, now);
  }

  private ofSite(site: HeapSite): Signal {
    this.sizes.set(site.key, site.bytes);
    const at = this.place(site.stack);
    return {
      ...plain("heap", site.key, labelOf("", site.frame), { unit: "bytes" }),
      location: at === null ? null : frame(at),
      stack: site.stack.slice(0, STACK_FRAMES).map(frame),
    };
  }

  private ofOpener(name: string, how: OpenerHow, { kind, stack }: Pick<Opener, "kind" | "stack">): Signal {
    const at = this.place(stack);
    const what = how === "held" ? `sampled ${kind}s that are open` : `sampled openings of ${kind}s`;
    return {
      ...plain("load", name, at === null ? what : labelOf(what, at)),
      counter: how === "opened",
      location: at === null ? null : frame(at),
      stack: stack.slice(0, OPENER_FRAMES).map(frame),
    };
  }

  /** The nearest frame of the module that was built, else of any module; null where all are Go's own. */
  private place(stack: readonly ProfileFrame[]): ProfileFrame | null {
    return stack.find((f) => this.isMain(f)) ?? stack.find((f) => isOwn(f.func)) ?? null;
  }

  private isMain(f: ProfileFrame): boolean {
    const pkg = packageOf(f.func);
    if (pkg === "main") return true;
    const { module } = this;
    if (module !== null && module !== "") return pkg === module || pkg.startsWith(`${module}/`);
    return isOwn(f.func) && readBuildPath(f.file).kind === "main";
  }
}

function plain(
  kind: SignalKind,
  name: string,
  label: string,
  more: { unit?: Signal["unit"]; limit?: number | null } = {},
): Signal {
  return {
    kind,
    name,
    unit: more.unit ?? "count",
    counter: false,
    sawtooth: false,
    limit: more.limit ?? null,
    label,
    location: null,
    stack: [],
  };
}

/** By the peer that was dialled; of what was accepted by our port, because clients have many addresses. */
function socketName(g: Pick<SocketGroup, "direction" | "peer" | "port" | "state">): string {
  const host = g.peer.includes(":") ? `[${g.peer}]` : g.peer;
  return g.direction === "out" ? `${host}:${g.port} ${g.state}` : `:${g.port} in ${g.state}`;
}

function labelOf(wait: string, f: ProfileFrame): string {
  const where = f.file === "" ? "" : `  ${f.file.replaceAll("\\", "/").split("/").slice(-2).join("/")}:${f.line}`;
  return `${wait === "" ? "" : `${wait} at `}${shortName(f.func)}${where}`;
}

function frame(f: ProfileFrame): Frame {
  return { function: f.func, file: f.file, line: f.line };
}
