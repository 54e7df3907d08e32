/** Signals over time, by kind, with verdicts beside. */
import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import { readOpener } from "../../src/series/openers.ts";
import type { Kind, MarkView, SeriesReply, SeriesView, TargetReply } from "../../src/server/api.ts";
import { useAsk } from "../ask.ts";
import { Chart, type Range } from "../parts/chart.tsx";
import { Loaded, Notice } from "../parts/notice.tsx";
import { setQuery } from "../route.ts";
import { kindWords, withoutBundle } from "../words.ts";
import { VerdictCard } from "./target.tsx";

const kinds: readonly Kind[] = ["goroutine", "heap", "fd", "socket", "pool"];
const MOST_LINES = 6;
/** A start so near to a deploy is its own. */
const DEPLOY_MS = 60_000;
const ranges = [
  ["15 min", 900_000],
  ["1 h", 3_600_000],
  ["6 h", 21_600_000],
  ["1 day", 86_400_000],
  ["1 week", 604_800_000],
] as const;

/** What the address asks for; null: all. */
function rangeOf(query: URLSearchParams, lastMs: number | null): Range | null {
  const [from, to, span] = ["from", "to", "span"].map((k) => Number(query.get(k) ?? Number.NaN));
  if (from < to) return { fromMs: from, toMs: to };
  return span > 0 && lastMs !== null ? { fromMs: lastMs - span, toMs: lastMs } : null;
}

function RangeBar({ query }: { readonly query: URLSearchParams }): JSX.Element {
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
      {zoomed && <span class="dim">a range of its own: “all” or a double click goes back</span>}
    </div>
  );
}

export function Signals({
  t,
  turn,
  query,
  only = kinds,
  beside,
}: {
  readonly t: TargetReply;
  readonly turn: number;
  readonly query: URLSearchParams;
  readonly only?: readonly Kind[];
  /** What else is shown of the series. */
  readonly beside?: (reply: SeriesReply) => JSX.Element | null;
}): JSX.Element {
  const range = rangeOf(query, t.row.lastMs);
  const last = useRef<SeriesReply | null>(null);
  const asked = useAsk<SeriesReply>(
    `/api/targets/${encodeURIComponent(t.row.name)}/series?points=600${askedRange(query, range)}`,
    turn,
    // Another range of the same: the charts stay where they are.
    t.row.name,
  );
  const verdicts = t.verdicts.filter((v) => only.includes(v.kind));
  // Of several leaks the one whose line is known is told in full.
  const first = Math.max(
    0,
    verdicts.findIndex((v) => v.status === "leak" && v.finding !== null),
  );
  return (
    <>
      <RangeBar query={query} />
      <section aria-label="Verdicts" class="verdicts">
        <h2 class="hidden">Verdicts</h2>
        {verdicts.length === 0 ? (
          t.row.state === "failing" && t.row.looks === 0 ? (
            <Notice title="Nothing was seen of it so far">
              <p>
                As soon as it answers, looks begin by themselves. Does it serve <code>net/http/pprof</code> at this
                address, and may this host reach it? <code>stanch ps</code> lists the Go processes of a host and where
                they listen.
              </p>
            </Notice>
          ) : (
            <Notice title="No verdict yet">
              <p>After a dozen looks there is a first word; after forty a leak can be sure.</p>
            </Notice>
          )
        ) : (
          verdicts.map((v, i) => (
            <VerdictCard key={`${v.kind} ${v.name}`} v={v} target={t.row.name} first={i === first} />
          ))
        )}
      </section>
      <Loaded asked={asked}>
        {(asked) => {
          // Where nothing was seen the charts stay, empty: whoever has moved too far moves back.
          if (asked.series.length > 0) last.current = asked;
          const empty = asked.series.length === 0 && t.row.looks > 0;
          const reply = empty ? emptied(asked, last.current) : asked;
          const load = loadOf(reply.series);
          return (
            <section class="charts" aria-label="Signals over time">
              <h2 class="hidden">Over time</h2>
              {empty && <Notice title="Nothing was seen in this time">Choose another range above.</Notice>}
              {only.map((kind) => {
                const lines = linesOf(reply.series, kind, t);
                if (lines.length === 0) return null;
                const bands = bandsOf(t, kind, reply.toMs);
                return (
                  <Chart
                    key={kind}
                    title={kindWords[kind]}
                    unit={lines[0].unit}
                    series={lines}
                    load={kind === "goroutine" || kind === "heap" ? load : null}
                    marks={marksOf(t, kind, bands)}
                    bands={bands}
                    limit={lines.find((l) => l.limit !== null)?.limit ?? null}
                    range={range}
                    onRange={(r) =>
                      setQuery({
                        from: r === null ? null : String(r.fromMs),
                        to: r === null ? null : String(r.toMs),
                        span: null,
                      })
                    }
                  />
                );
              })}
              {beside?.(reply)}
            </section>
          );
        }}
      </Loaded>
    </>
  );
}

/** The total first, then what leaks, then what is largest. */
/** The series that there were, without points. */
function emptied(reply: SeriesReply, last: SeriesReply | null): SeriesReply {
  return { ...reply, series: (last?.series ?? []).map((s) => ({ ...s, times: [], values: [] })) };
}

/** A span that follows the clock is asked for by its beginning, so that it ends with the last look. */
function askedRange(query: URLSearchParams, range: Range | null): string {
  if (range === null) return "";
  return query.has("from") ? `&from=${range.fromMs}&to=${range.toMs}` : `&from=${range.fromMs}`;
}

/** Deploys and starts concern every chart; an alarm is of one kind, whose name its text begins with. */
function ofKind(m: MarkView, kind: Kind): boolean {
  return m.kind === "deploy" || m.kind === "start" || m.text.startsWith(`${kind} `);
}

/** While another signal of the kind goes on to leak, the end of one (a total whose parts are known by now) is not over. */
function marksOf(t: TargetReply, kind: Kind, bands: readonly Range[]): MarkView[] {
  const over = (m: MarkView): boolean => !bands.some((b) => m.timeMs > b.fromMs && m.timeMs < b.toMs);
  const deploys = t.marks.filter((m) => m.kind === "deploy");
  // A deploy starts the process anew: one line says both.
  const deployed = (m: MarkView): boolean => deploys.some((d) => Math.abs(d.timeMs - m.timeMs) < DEPLOY_MS);
  return t.marks.filter(
    (m) => ofKind(m, kind) && (m.kind !== "resolved" || over(m)) && (m.kind !== "start" || !deployed(m)),
  );
}

/** When signals of the kind leaked: now since the change point, before from alarm to its end (or that of the process). */
function bandsOf(t: TargetReply, kind: Kind, endMs: number): Range[] {
  const since = t.verdicts.flatMap((v) =>
    v.kind === kind && v.status === "leak" && v.since !== null ? [Date.parse(v.since)] : [],
  );
  const now = since.length === 0 ? null : { fromMs: Math.min(...since), toMs: endMs };
  const before: Range[] = [];
  for (const [i, m] of t.marks.entries()) {
    if (m.kind !== "alarm" || !ofKind(m, kind) || (now !== null && m.timeMs >= now.fromMs)) continue;
    const what = withoutBundle(m.text);
    const end = t.marks
      .slice(i + 1)
      .find((x) => x.kind === "start" || (x.kind === "resolved" && withoutBundle(x.text) === what));
    if (end !== undefined) before.push({ fromMs: m.timeMs, toMs: end.timeMs });
  }
  return now === null ? before : [...before, now];
}

function linesOf(series: readonly SeriesView[], kind: Kind, t: TargetReply): SeriesView[] {
  const leaks = new Set(t.verdicts.filter((v) => v.kind === kind && v.status === "leak").map((v) => v.name));
  const rank = (s: SeriesView): number => (s.name === "total" ? 0 : leaks.has(s.name) ? 1 : 2);
  // By all that is shown of them, so that no noise of the last look changes their order and colours.
  const size = new Map(series.map((s) => [s, s.values.reduce((n: number, v) => n + (v ?? 0), 0)]));
  return series
    .filter((s) => s.kind === kind && !s.counter)
    .sort((a, b) => rank(a) - rank(b) || (size.get(b) ?? 0) - (size.get(a) ?? 0))
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
