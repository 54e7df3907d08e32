/**
 * From what one look brought to points. Names stay the same across restarts, builds and Go versions; a signal once followed stays followed
 * while it is there, so that a rank that changes does not look like growth. Pure but for the memory of what is followed.
 */
import type { FdTable } from "../probe/procfs.ts";
import { fdSummary } from "../probe/procfs.ts";
import type { OwnSockets } from "../probe/sockets.ts";
import { total, typeIndex, type Frame as ProfileFrame, type Profile } from "../profile/columns.ts";
import { groupGoroutines, isOwn, type GoroutineGroup } from "../profile/group.ts";
import { heapSites, type HeapSite } from "../profile/heap-sites.ts";
import { packageOf, readBuildPath, shortName } from "../profile/names.ts";
import { readPools, type Metric } from "../series/pools.ts";
import type { Point } from "../series/sample.ts";
import type { Frame, Signal, SignalKind } from "../series/signal.ts";

/** How many signals of a kind are followed at most: about 200 in all. */
export const MOST: Readonly<Record<SignalKind, number>> = {
  goroutine: 80,
  heap: 60,
  socket: 40,
  fd: 12,
  pool: 12,
  load: 12,
};

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
  /** Import path of the main module, null where unknown: tells the program's own frames from those of its dependencies. */
  module: string | null = null;
  limits: Limits = { descriptors: null, memoryBytes: null };

  /** Another process: its stacks may be other ones under the same names. */
  forget(): void {
    this.known.clear();
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
    return [
      this.total("heap", live ?? total(profile, column)),
      ...this.most(
        "heap",
        heapSites(profile, "function").map((site) => ({
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
      ...this.most(
        "fd",
        fdSummary(fds).map(({ kind, count }) => ({
          name: kind,
          value: count,
          make: () => plain("fd", kind, `${kind} descriptors`),
        })),
      ),
    ];
  }

  sockets(own: OwnSockets): Point[] {
    const counts = new Map<string, number>();
    for (const g of own.groups) {
      if (g.direction === "listen" || g.transport !== "tcp") continue;
      const host = g.peer.includes(":") ? `[${g.peer}]` : g.peer;
      // Clients have many addresses, and a port of ours is what they share.
      const name = g.direction === "out" ? `${host}:${g.port} ${g.state}` : `:${g.port} in ${g.state}`;
      counts.set(name, (counts.get(name) ?? 0) + g.count);
    }
    return [
      this.total("socket", own.total),
      ...this.most(
        "socket",
        [...counts].map(([name, value]) => ({ name, value, make: () => plain("socket", name, name) })),
      ),
    ];
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

  private ofSite(site: HeapSite): Signal {
    const at = this.place(site.stack);
    return {
      ...plain("heap", site.key, labelOf("", site.frame), { unit: "bytes" }),
      location: at === null ? null : frame(at),
      stack: site.stack.slice(0, STACK_FRAMES).map(frame),
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

function labelOf(wait: string, f: ProfileFrame): string {
  const where = f.file === "" ? "" : `  ${f.file.replaceAll("\\", "/").split("/").slice(-2).join("/")}:${f.line}`;
  return `${wait === "" ? "" : `${wait} at `}${shortName(f.func)}${where}`;
}

function frame(f: ProfileFrame): Frame {
  return { function: f.func, file: f.file, line: f.line };
}
