/** The runs of a target that the store knows, by revision, each with the leaks it had at its end: what Compare sets side by side. */
import type { RevisionView, VerdictView } from "../server/api.ts";
import type { StoreReader } from "../store/store.ts";

/** Runs that are shown, the newest first. */
const MOST = 50;

export function revisionsOf(store: StoreReader, target: string): RevisionView[] {
  const stored = store.targets().find((t) => t.name === target);
  if (stored === undefined) return [];
  // A start that was seen begins a run; what was before the first is one too.
  const starts = store.marks(target).filter((m) => m.kind === "start" && m.timeMs > stored.firstMs);
  const begins = [stored.firstMs, ...starts.map((m) => m.timeMs)].slice(-MOST);
  const changes = store.verdictChanges(target, { fromMs: begins[0] });
  return begins
    .map((fromMs, i): RevisionView => {
      const toMs = begins[i + 1] ?? stored.lastMs;
      const last = new Map<string, { status: string; verdict: unknown }>();
      for (const c of changes)
        if (c.timeMs >= fromMs && (i + 1 === begins.length || c.timeMs < toMs)) last.set(`${c.kind}\t${c.name}`, c);
      const leaks = [...last.values()].flatMap((c) => (c.status === "leak" ? [c.verdict as VerdictView] : []));
      let revision: string | null = null;
      for (const s of store.samples(target, { fromMs, toMs })) {
        revision = s.process?.revision ?? null;
        if (s.process !== null) break;
      }
      return { revision, fromMs, toMs: Math.max(fromMs, toMs), leaks };
    })
    .reverse();
}
