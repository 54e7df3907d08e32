/** Every target, the bleeding first. */
import type { JSX } from "preact";
import type { TargetRow, TargetsReply } from "../../src/server/api.ts";
import { Badge } from "../parts/badge.tsx";
import { Link } from "../parts/link.tsx";
import { Notice, Time } from "../parts/notice.tsx";
import { Sparkline } from "../parts/sparkline.tsx";
import { findingPath, setQuery, targetPath } from "../route.ts";
import { amount, kindWords, rate, span, stateWords } from "../words.ts";

const order = { leak: 0, failing: 1, undecided: 2, starting: 3, healthy: 4 } as const;
/** Rows that are drawn at once; the rest waits behind a button, so that a thousand targets cost no long task. */
const SHOWN = 100;

export function Overview({
  reply,
  query,
}: {
  readonly reply: TargetsReply;
  readonly query: URLSearchParams;
}): JSX.Element {
  const wanted = (query.get("q") ?? "").toLowerCase();
  const only = query.get("state");
  const rows = reply.targets
    .filter((t) => only === null || t.state === only)
    .filter(
      (t) =>
        wanted === "" ||
        `${t.name} ${t.process?.module ?? ""} ${Object.values(t.labels).join(" ")}`.toLowerCase().includes(wanted),
    )
    .sort((a, b) => order[a.state] - order[b.state] || urgency(a) - urgency(b) || a.name.localeCompare(b.name));
  const most = Number(query.get("rows") ?? SHOWN);
  const counts = new Map<string, number>();
  for (const t of reply.targets) counts.set(t.state, (counts.get(t.state) ?? 0) + 1);
  return (
    <>
      <h1>Targets</h1>
      <div class="filters" role="group" aria-label="Show targets by state">
        <button type="button" aria-pressed={only === null} onClick={() => setQuery({ state: null })}>
          all {reply.targets.length}
        </button>
        {(["leak", "failing", "undecided", "starting", "healthy"] as const)
          .filter((s) => counts.has(s))
          .map((s) => (
            <button
              key={s}
              type="button"
              aria-pressed={only === s}
              onClick={() => setQuery({ state: only === s ? null : s })}
            >
              {stateWords[s]} {counts.get(s)}
            </button>
          ))}
      </div>
      {reply.targets.length === 0 ? (
        <Notice title="Nothing is watched yet">
          <p>
            Start with an address or a pid: <code>stanch serve http://localhost:6060</code>, list targets in{" "}
            <code>stanch.yaml</code>, or watch every Go process of this host: <code>stanch serve --host</code>.
          </p>
        </Notice>
      ) : rows.length === 0 ? (
        <Notice title="No target fits">
          <button type="button" onClick={() => setQuery({ q: null, state: null })}>
            Show all
          </button>
        </Notice>
      ) : (
        <div class="scroll" tabIndex={0}>
          <table class="targets">
            <thead>
              <tr>
                <th scope="col">State</th>
                <th scope="col">Target</th>
                <th scope="col">What grows</th>
                <th scope="col">Goroutines</th>
                <th scope="col">Heap</th>
                <th scope="col">Descriptors</th>
                <th scope="col">Full in</th>
                <th scope="col">Deployed</th>
              </tr>
            </thead>
            <tbody>
              {rows.slice(0, most).map((t) => (
                <Row key={t.name} t={t} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {rows.length > most && (
        <button type="button" class="more" onClick={() => setQuery({ rows: String(most + 200) })}>
          Show {Math.min(200, rows.length - most)} of {rows.length - most} more
        </button>
      )}
    </>
  );
}

function urgency(t: TargetRow): number {
  return t.worst?.exhaustionSeconds ?? 1e15;
}

function Row({ t }: { readonly t: TargetRow }): JSX.Element {
  const level = (kind: "goroutine" | "heap" | "fd"): JSX.Element => {
    const l = t.levels.find((x) => x.kind === kind);
    if (l === undefined) return <td class="dim">–</td>;
    const leaks = t.state === "leak" && t.worst?.kind === kind;
    return (
      <td class="level">
        <span>{amount(l.value, l.unit)}</span>
        <Sparkline values={l.trail} label={`${kindWords[kind]} of ${t.name}`} tone={leaks ? "leak" : "calm"} />
      </td>
    );
  };
  return (
    <tr>
      <td>
        <Badge state={t.state} />
      </td>
      <th scope="row">
        <Link to={targetPath(t.name)}>{t.name}</Link>
        <div class="dim small">{t.process?.module ?? (t.name === t.address ? "" : t.address)}</div>
      </th>
      <td class="worst">
        {t.failure !== null ? (
          <span class="dim">{t.failure}</span>
        ) : t.worst === null ? (
          <span class="dim">{t.looks === 0 ? "waiting for the first look" : "nothing"}</span>
        ) : (
          <>
            {t.state === "leak" ? (
              <Link to={targetPath(t.name, "suspects")}>{t.worst.label}</Link>
            ) : (
              <span>{t.worst.label}</span>
            )}
            <div class="dim small">
              {kindWords[t.worst.kind]} {rate(t.worst.growth)}
              {t.leaks > 1 && ` · ${t.leaks - 1} more`}
              {t.worst.finding !== null && (
                <>
                  {" · "}
                  <Link to={findingPath(t.worst.finding)}>{t.worst.finding.rule}</Link>
                </>
              )}
            </div>
          </>
        )}
      </td>
      {level("goroutine")}
      {level("heap")}
      {level("fd")}
      <td>{t.worst?.exhaustionSeconds == null ? <span class="dim">–</span> : span(t.worst.exhaustionSeconds)}</td>
      <td>{t.deployMs === null ? <span class="dim">–</span> : <Time ms={t.deployMs} />}</td>
    </tr>
  );
}
