/**
 * From verdicts to alerts: each leak is told once, again only after a long time, and once more when it is over. During a declared deploy
 * nothing is told; what still leaks when the silence ends is told then. Sinks never hold this up.
 */
import { signalId } from "../../series/signal.ts";
import type { Verdict } from "../verdict.ts";
import type { Alert, Sink } from "./alert.ts";

export interface AlertsOptions {
  readonly sinks: readonly Sink[];
  /** Takes evidence; null where it took none, with the reason. Must not throw and ends in bounded time. */
  readonly evidence: ((target: string) => Promise<{ bundle: string | null; note: string }>) | null;
  /** Told again after so long, for those who missed it. */
  readonly repeatMs: number;
  /** Alerts that come together are sent together. */
  readonly gatherMs: number;
  readonly clock?: () => number;
  /** When an alert really goes out. */
  readonly onAlert?: (alert: Alert) => void;
}

interface Firing {
  alert: Alert;
  toldMs: number | null;
}

export class Alerts {
  private readonly firing = new Map<string, Firing>();
  private readonly silentUntil = new Map<string | null, number>();
  private readonly gathered = new Map<string, Set<string>>();
  private timer: NodeJS.Timeout | null = null;
  private readonly clock: () => number;
  private readonly working = new Set<Promise<void>>();
  private closed = false;

  constructor(private readonly options: AlertsOptions) {
    this.clock = options.clock ?? Date.now;
  }

  /** All verdicts of a target as they are now: what is a leak fires, what no longer is gets resolved. */
  update(
    target: { readonly name: string; readonly labels: Readonly<Record<string, string>> },
    verdicts: readonly Verdict[],
    why = "It no longer grows.",
  ): void {
    const now = this.clock();
    const seen = new Set<string>();
    for (const verdict of verdicts) {
      if (verdict.status !== "leak") continue;
      const fingerprint = `${target.name}\t${signalId(verdict.signal)}`;
      seen.add(fingerprint);
      const known = this.firing.get(fingerprint);
      if (known !== undefined) {
        known.alert = { ...known.alert, verdict };
        continue;
      }
      const alert: Alert = {
        fingerprint,
        status: "firing",
        target: target.name,
        targetLabels: target.labels,
        verdict,
        startsMs: now,
        endsMs: null,
        bundle: null,
        note: "",
      };
      this.firing.set(fingerprint, { alert, toldMs: null });
      this.gather(target.name, fingerprint);
    }
    const prefix = `${target.name}\t`;
    for (const [fingerprint, f] of this.firing)
      if (fingerprint.startsWith(prefix) && !seen.has(fingerprint)) this.resolve(fingerprint, f, why);
  }

  /** The target is no longer watched. */
  forget(target: string): void {
    this.update({ name: target, labels: {} }, [], "It is no longer watched.");
  }

  /** A deploy of one target, or of all (null): nothing is told until then. */
  silence(target: string | null, untilMs: number): void {
    this.silentUntil.set(target, Math.max(untilMs, this.silentUntil.get(target) ?? 0));
    this.arm();
  }

  /** Alerts that fire, told or not. */
  get active(): readonly Alert[] {
    return [...this.firing.values()].map((f) => f.alert);
  }

  /** Sends what is gathered and waits for the sinks, no longer than `ms`. */
  async close(ms: number): Promise<void> {
    this.closed = true;
    if (this.timer !== null) clearTimeout(this.timer);
    this.tell();
    const late = new Promise<void>((done) => setTimeout(done, ms).unref());
    await Promise.race([Promise.allSettled(this.working), late]);
    await Promise.all(this.options.sinks.map((s) => s.close(ms)));
  }

  private resolve(fingerprint: string, f: Firing, why: string): void {
    this.firing.delete(fingerprint);
    this.gathered.get(f.alert.target)?.delete(fingerprint);
    // Who never heard of it need not hear that it is over.
    if (f.toldMs === null) return;
    this.send([{ ...f.alert, status: "resolved", endsMs: this.clock(), note: why }]);
  }

  private gather(target: string, fingerprint: string): void {
    const set = this.gathered.get(target) ?? new Set();
    set.add(fingerprint);
    this.gathered.set(target, set);
    this.arm();
  }

  /** Looks again when something is due: soon after a new leak, at the end of a silence, when it is time to repeat. */
  private arm(): void {
    if (this.timer !== null || this.closed) return;
    this.timer = setTimeout(() => {
      this.timer = null;
      this.tell();
      if (this.firing.size > 0) this.arm();
    }, this.options.gatherMs);
    this.timer.unref();
  }

  private isSilent(target: string, now: number): boolean {
    return now < Math.max(this.silentUntil.get(null) ?? 0, this.silentUntil.get(target) ?? 0);
  }

  private tell(): void {
    const now = this.clock();
    for (const [fingerprint, f] of this.firing)
      if (f.toldMs !== null && now - f.toldMs >= this.options.repeatMs) {
        f.toldMs = now;
        this.send([this.firing.get(fingerprint)?.alert ?? f.alert]);
      }
    for (const [target, fingerprints] of this.gathered) {
      if (fingerprints.size === 0) this.gathered.delete(target);
      if (fingerprints.size === 0 || this.isSilent(target, now)) continue;
      this.gathered.delete(target);
      this.track(this.tellOf(target, [...fingerprints]));
    }
  }

  private async tellOf(target: string, fingerprints: readonly string[]): Promise<void> {
    const evidence = this.options.evidence === null ? null : await this.options.evidence(target);
    const out: Alert[] = [];
    for (const fingerprint of fingerprints) {
      const f = this.firing.get(fingerprint);
      if (f === undefined) continue; // over before it was told
      if (evidence !== null) f.alert = { ...f.alert, ...evidence };
      f.toldMs = this.clock();
      out.push(f.alert);
    }
    if (out.length > 0) this.send(out);
  }

  private send(alerts: readonly Alert[]): void {
    for (const a of alerts) this.options.onAlert?.(a);
    for (const sink of this.options.sinks) sink.send(alerts);
  }

  private track(work: Promise<void>): void {
    this.working.add(work);
    void work.finally(() => this.working.delete(work));
  }
}
