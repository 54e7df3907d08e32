/** Keeps what the source says of the leaks of each target: joined in the background when the set of its leaks changes, one target at a time. */
import type { VerdictFinding } from "../report/live/watch-json.ts";
import { signalId } from "../series/signal.ts";
import type { Verdict } from "../watch/verdict.ts";
import type { Watched } from "../watch/watcher.ts";
import { findingsOf } from "./verdict-findings.ts";
import { watched } from "./watch-output.ts";

interface Known {
  /** Ids of the leaks that were joined. */
  readonly leaks: string;
  readonly findings: ReadonlyMap<string, VerdictFinding>;
}

export class VerdictJoiner {
  private readonly known = new Map<string, Known>();
  private readonly waiting = new Map<string, Watched>();
  private running: Promise<void> | null = null;
  private readonly stopping = new AbortController();

  constructor(
    private readonly roots: readonly string[],
    private readonly onJoined: (target: string) => void,
    private readonly onFault: (e: unknown) => void,
  ) {}

  /** At once: what is known by now. Another set of leaks is joined soon. */
  update(w: Watched): void {
    const { name } = w.target;
    if (this.known.get(name)?.leaks === leaksOf(w) || this.stopping.signal.aborted) return;
    this.waiting.set(name, w);
    this.running ??= this.run().finally(() => (this.running = null));
  }

  finding(target: string, v: Verdict): VerdictFinding | null {
    return this.known.get(target)?.findings.get(signalId(v.signal)) ?? null;
  }

  forget(target: string): void {
    this.known.delete(target);
    this.waiting.delete(target);
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    for (;;) {
      const next = this.waiting.entries().next();
      if (next.done === true || this.stopping.signal.aborted) return;
      const [name, w] = next.value;
      this.waiting.delete(name);
      try {
        await this.join(name, w);
      } catch (e) {
        if (this.stopping.signal.aborted) return;
        this.known.set(name, { leaks: leaksOf(w), findings: new Map() });
        this.onFault(e);
      }
    }
  }

  private async join(name: string, w: Watched): Promise<void> {
    const target = watched(w);
    const leaks = leaksOf(w);
    const of = await findingsOf(
      [target],
      () => w.sampler.build,
      { source: [...this.roots], jobs: 1 },
      this.stopping.signal,
      // What keeps the source from being joined is said on the page of suspects.
      () => {},
    );
    const findings = new Map<string, VerdictFinding>();
    for (const v of target.verdicts) {
      const finding = of(v);
      if (finding !== null) findings.set(signalId(v.signal), finding);
    }
    this.known.set(name, { leaks, findings });
    this.onJoined(name);
  }
}

function leaksOf(w: Watched): string {
  return (
    w.verdicts
      .filter((v) => v.status === "leak")
      // Who opens it may be known later.
      .map((v) => `${signalId(v.signal)} ${v.location?.file ?? ""}:${v.location?.line ?? 0}`)
      .sort()
      .join("\n")
  );
}
