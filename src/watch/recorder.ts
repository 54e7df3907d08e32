/** Writes what is watched to a store. A store that cannot be written for a while loses nothing but what no longer fits in memory, and stops nobody. */
import { createHash, randomBytes } from "node:crypto";
import { messageOf, UsageError } from "../base/errors.ts";
import { encodePprof, redactLabels } from "../profile/encode.ts";
import { openProfile } from "../profile/open.ts";
import type { Sample } from "../series/sample.ts";
import type { Mark, Store } from "../store/store.ts";
import type { Verdict } from "./verdict.ts";

const EVERY_MS = 1_000;
/** Of each second at most so much goes into joining and deleting. */
const MAINTAIN_MS = 40;

export class Recorder {
  private timer: NodeJS.Timeout | null = null;
  private failing = false;
  private readonly last = new Map<string, number>();
  private readonly salt = randomBytes(16);

  constructor(
    private readonly store: Store,
    private readonly onProblem: (message: string) => void,
    private readonly clock: () => number = Date.now,
    /** Values of labels become tokens that mean nothing outside of this run. */
    private readonly redact = false,
  ) {
    for (const t of store.targets()) this.last.set(t.name, t.lastMs);
    this.timer = setInterval(() => this.tick(), EVERY_MS);
  }

  look(target: string, sample: Sample): void {
    // The judge leaves out what is not later than the look before; read back in order of time it would count.
    if (sample.timeMs <= (this.last.get(target) ?? Number.NEGATIVE_INFINITY)) return;
    this.last.set(target, sample.timeMs);
    this.store.append(target, sample);
  }

  mark(mark: Mark): void {
    this.store.mark(mark);
  }

  /** `body`: the verdict as it is printed. */
  verdict(target: string, timeMs: number, v: Verdict, body: unknown): void {
    this.store.verdictChange({
      timeMs,
      target,
      kind: v.kind,
      name: v.signal.name,
      status: v.status,
      shape: v.shape,
      verdict: body,
    });
  }

  profiles(target: string, timeMs: number, profiles: ReadonlyMap<string, Uint8Array>): void {
    for (const [name, bytes] of profiles) {
      const kept = this.redact ? this.redacted(bytes) : bytes;
      if (kept !== null) this.store.addProfile(target, timeMs, name, kept);
    }
  }

  /** Null for what cannot be read: nobody knows what is in it. */
  private redacted(bytes: Uint8Array): Uint8Array | null {
    try {
      return encodePprof(redactLabels(openProfile(bytes).profile, this.token));
    } catch (e) {
      if (e instanceof UsageError) return null;
      throw e;
    }
  }

  /** Equal values get equal tokens, so that groups stay groups. */
  private readonly token = (value: string): string =>
    `redacted-${createHash("sha256").update(this.salt).update(value).digest("hex").slice(0, 8)}`;

  close(): void {
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
    try {
      this.store.close();
    } catch (e) {
      this.onProblem(messageOf(e));
    }
  }

  private tick(): void {
    try {
      this.store.flush();
      this.store.maintain(this.clock(), MAINTAIN_MS);
      if (this.failing) this.onProblem("the store can be written again");
      this.failing = false;
    } catch (e) {
      // Said once, not each second.
      if (!this.failing) this.onProblem(messageOf(e));
      this.failing = true;
    }
  }
}
