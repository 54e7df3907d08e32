/**
 * Evidence at the moment of an alarm: a bundle, taken in the order and within the stall budget of probe/policy.ts, kept within a budget of
 * disk. One at a time, so that a bad hour of many targets is not made worse by us.
 */
import { mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { messageOf, UsageError } from "../base/errors.ts";
import { writeBundle } from "../probe/bundle.ts";
import { collect, type Snapshot } from "../probe/collect.ts";
import type { HttpOptions } from "../probe/http.ts";
import { parseTarget } from "../probe/target.ts";
import { LeakProfileTurn } from "../probe/turn.ts";

export interface EvidenceOptions {
  readonly folder: string;
  readonly toolVersion: string;
  /** Longest stop of the target by one request. */
  readonly stallMs: number;
  /** All bundles together; the oldest go first. */
  readonly diskBytes: number;
  /** Least time between two bundles of one target. */
  readonly everyMs: number;
  readonly leakProfile: boolean;
  /** Label values and command-line arguments are left out. */
  readonly redact: boolean;
  readonly clock?: () => number;
}

export const evidenceDefaults = {
  stallMs: 10,
  diskBytes: 256 << 20,
  everyMs: 600_000,
  leakProfile: true,
  redact: false,
} as const;

/** What one capture may take as a whole: the alert waits for it. */
const TOTAL_MS = 30_000;

/** `api-20231114T221320Z.tgz`. */
const OURS = /-\d{8}T\d{6}Z\.tgz$/;

export interface Captured {
  readonly bundle: string | null;
  readonly note: string;
  /** Null where nothing was taken. */
  readonly look: Snapshot | null;
}

export class Evidence {
  private turn: Promise<unknown> = Promise.resolve();
  private readonly last = new Map<string, { timeMs: number; bundle: string }>();
  private readonly clock: () => number;

  constructor(private readonly options: EvidenceOptions) {
    this.clock = options.clock ?? Date.now;
    try {
      mkdirSync(options.folder, { recursive: true });
    } catch (e) {
      throw new UsageError(`cannot make the folder for evidence: ${messageOf(e)}`);
    }
  }

  /** Never throws: why there is no bundle is in `note`. */
  capture(name: string, address: string, http: HttpOptions, metricsUrl: string | null): Promise<Captured> {
    const mine = this.turn.then(() => this.take(name, address, http, metricsUrl));
    this.turn = mine;
    return mine;
  }

  private async take(name: string, address: string, http: HttpOptions, metricsUrl: string | null): Promise<Captured> {
    const now = this.clock();
    const last = this.last.get(name);
    if (last !== undefined && now - last.timeMs < this.options.everyMs)
      return { bundle: last.bundle, note: "", look: null };
    const stop = AbortSignal.timeout(TOTAL_MS);
    try {
      const target = parseTarget(address);
      if (target.kind === "file") return { bundle: null, note: "", look: null };
      const look = await this.look(target, { ...http, signal: stop, totalMs: TOTAL_MS }, metricsUrl);
      const file = `${name.replace(/^https?:\/\//, "").replace(/[^\w.-]+/g, "_")}-${new Date(now).toISOString().replace(/[-:]|\.\d+/g, "")}.tgz`;
      const path = join(this.options.folder, file);
      this.makeRoom();
      await writeBundle(path, look, {
        toolVersion: this.options.toolVersion,
        redact: this.options.redact,
        signal: stop,
      });
      this.last.set(name, { timeMs: now, bundle: path });
      this.makeRoom();
      return { bundle: path, note: "", look };
    } catch (e) {
      return {
        bundle: null,
        note: `No evidence could be taken: ${stop.aborted ? "the target did not answer in time" : messageOf(e)}`,
        look: null,
      };
    }
  }

  private async look(
    target: Exclude<ReturnType<typeof parseTarget>, { kind: "file" }>,
    http: HttpOptions,
    metricsUrl: string | null,
  ): Promise<Snapshot> {
    const options = {
      http,
      budget: { stallMs: this.options.stallMs, leakProfileEveryMs: 4 * 3_600_000 },
      ...(metricsUrl === null ? {} : { metricsUrl }),
    };
    if (!this.options.leakProfile) return collect(target, options);
    const turn = new LeakProfileTurn(target.kind === "pid" ? String(target.pid) : target.url);
    let since: number | null;
    try {
      since = turn.take();
    } catch {
      return collect(target, options); // another Stanch asks right now
    }
    let asked = false;
    try {
      const look = await collect(target, { ...options, leakProfile: true, sinceLeakProfileMs: since });
      asked = look.profiles.has("goroutineleak");
      return look;
    } finally {
      turn.done(asked);
    }
  }

  private makeRoom(): void {
    const files = readdirSync(this.options.folder)
      // Only what was taken here: somebody else's archives are not ours to delete.
      .filter((f) => OURS.test(f))
      .map((f) => {
        const path = join(this.options.folder, f);
        const s = statSync(path, { throwIfNoEntry: false });
        return { path, size: s?.size ?? 0, timeMs: s?.mtimeMs ?? 0 };
      })
      .sort((a, b) => a.timeMs - b.timeMs);
    let total = files.reduce((sum, f) => sum + f.size, 0);
    for (const f of files) {
      if (total <= this.options.diskBytes) return;
      rmSync(f.path, { force: true });
      total -= f.size;
    }
  }
}
