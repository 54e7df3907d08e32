/** Signals over time, by kind, with verdicts beside. */
import type { JSX } from "preact";
import { readOpener } from "../../src/series/openers.ts";
import type { Kind, SeriesReply, SeriesView, TargetReply } from "../../src/server/api.ts";
import { useAsk } from "../ask.ts";
import { Chart } from "../parts/chart.tsx";
import { Loaded, Notice } from "../parts/notice.tsx";
import { setQuery } from "../route.ts";
import { kindWords } from "../words.ts";
import { VerdictCard } from "./target.tsx";

const kinds: readonly Kind[] = ["goroutine", "heap", "fd", "socket", "pool"];
const MOST_LINES = 6;
const ranges = [
  ["15 min", 900_000],
  ["1 h", 3_600_000],
  ["6 h", 21_600_000],
  ["1 day", 86_400_000],
  ["1 week", 604_800_000],
] as const;

export function rangeQuery(query: URLSearchParams, lastMs: number | null): string {
  const from = query.get("from");
  const to = query.get("to");
  if (from !== null && to !== null) return `from=${from}&to=${to}`;
  const span = Number(query.get("span") ?? 0);
  return span > 0 && lastMs !== null ? `from=${lastMs - span}` : "";
}

export function RangeBar({ query }: { readonly query: URLSearchParams }): JSX.Element {
  const zoomed = query.has("from");
  return (
    <div class="filters" role="group" aria-label="Time">
      <button
        type="button"
        aria-pressed={!zoomed && !query.has("span")}
        onClick={() => setQuery({ from: null, to: null, span: null })}
      >
        all
      </button>
      {ranges.map(([text, ms]) => (
        <button
          key={ms}
          type="button"
          aria-pressed={!zoomed && query.get("span") === String(ms)}
          onClick={() => setQuery({ from: null, to: null, span: String(ms) })}
        >
          {text}
        </button>
      ))}
      {zoomed && <span class="dim">a range of its own (drag over a chart)</span>}
    </div>
  );
}

export function Signals({
  t,
  turn,
  query,
  only = kinds,
}: {
  readonly t: TargetReply;
  readonly turn: number;
  readonly query: URLSearchParams;
  readonly only?: readonly Kind[];
}): JSX.Element {
  const asked = useAsk<SeriesReply>(
    `/api/targets/${encodeURIComponent(t.row.name)}/series?points=600&${rangeQuery(query, t.row.lastMs)}`,
    turn,
  );
  const verdicts = t.verdicts.filter((v) => only.includes(v.kind));
  return (
    <>
      <RangeBar query={query} />
      <section aria-label="Verdicts" class="verdicts">
        <h2 class="hidden">Verdicts</h2>
        {verdicts.length === 0 ? (
          <Notice title="No verdict yet">
            <p>After a dozen looks there is a first word; after forty a leak can be sure.</p>
          </Notice>
        ) : (
          verdicts.map((v) => <VerdictCard key={`${v.kind} ${v.name}`} v={v} target={t.row.name} />)
        )}
      </section>
      <Loaded asked={asked}>
        {(reply) => {
          const load = loadOf(reply.series);
          return (
            <section class="charts" aria-label="Signals over time">
              <h2 class="hidden">Over time</h2>
              {only.map((kind) => {
                const lines = linesOf(reply.series, kind, t);
                if (lines.length === 0) return null;
                const leak = t.verdicts.find((v) => v.kind === kind && v.status === "leak");
                return (
                  <Chart
                    key={kind}
                    title={kindWords[kind]}
                    unit={lines[0].unit}
                    series={lines}
                    load={kind === "goroutine" || kind === "heap" ? load : null}
                    marks={t.marks}
                    leakSinceMs={leak?.since == null ? null : Date.parse(leak.since)}
                    limit={lines.find((l) => l.limit !== null)?.limit ?? null}
                    onRange={(from, to) => setQuery({ from: String(from), to: String(to), span: null })}
                  />
                );
              })}
            </section>
          );
        }}
      </Loaded>
    </>
  );
}

/** The total first, then what leaks, then what is largest. */
function linesOf(series: readonly SeriesView[], kind: Kind, t: TargetReply): SeriesView[] {
  const leaks = new Set(t.verdicts.filter((v) => v.kind === kind && v.status === "leak").map((v) => v.name));
  const rank = (s: SeriesView): number => (s.name === "total" ? 0 : leaks.has(s.name) ? 1 : 2);
  const last = (s: SeriesView): number => s.values.findLast((v) => v !== null) ?? 0;
  return series
    .filter((s) => s.kind === kind && !s.counter)
    .sort((a, b) => rank(a) - rank(b) || last(b) - last(a))
    .slice(0, MOST_LINES);
}

/** A counter of requests if there is one; as a rate, which is what one compares with. */
function loadOf(series: readonly SeriesView[]): SeriesView | null {
  const loads = series.filter((s) => s.kind === "load" && readOpener(s) === null);
  const best = loads.find((s) => /request|rpc/i.test(s.name)) ?? loads.find((s) => s.counter) ?? loads[0];
  if (best === undefined || !best.counter) return best ?? null;
  const values = best.values.map((v, i) => {
    const before = best.values[i - 1];
    if (i === 0 || v === null || before === null || before === undefined || v < before) return null;
    return (v - before) / Math.max(0.001, (best.times[i] - best.times[i - 1]) / 1000);
  });
  return { ...best, counter: false, label: `${best.label} a second`, values };
}
