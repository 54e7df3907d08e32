/** One target: what it is, its verdicts in words, and five ways to look at it. */
import type { JSX } from "preact";
import { span } from "../../src/base/durations.ts";
import { count, rate } from "../../src/base/numbers.ts";
import type { TargetReply, VerdictView } from "../../src/server/api.ts";
import { useAsk } from "../ask.ts";
import { useTurn } from "../live.ts";
import { Answer } from "../parts/answer.tsx";
import { Badge } from "../parts/badge.tsx";
import { Link } from "../parts/link.tsx";
import { Loaded, Time } from "../parts/notice.tsx";
import { findingPath, tabs, targetPath, type Tab } from "../route.ts";
import { kindWords, placeText, growthText } from "../words.ts";
import { Goroutines } from "./goroutines.tsx";
import { Heap } from "./heap.tsx";
import { Signals } from "./signals.tsx";
import { Sockets } from "./sockets.tsx";
import { Suspects } from "./suspects.tsx";

const tabWords: Readonly<Record<Tab, string>> = {
  signals: "Signals",
  goroutines: "Goroutines",
  heap: "Heap",
  sockets: "Sockets, descriptors, pools",
  suspects: "Suspects",
};

export function Target({
  name,
  tab,
  query,
}: {
  readonly name: string;
  readonly tab: Tab;
  readonly query: URLSearchParams;
}): JSX.Element {
  const turn = useTurn(name);
  const asked = useAsk<TargetReply>(`/api/targets/${encodeURIComponent(name)}`, turn);
  return (
    <Loaded asked={asked}>
      {(t) => (
        <>
          <Head t={t} />
          <Answer t={t} />
          <nav class="tabs" aria-label={`Views of ${name}`}>
            {tabs.map((x) => (
              <Link key={x} to={targetPath(name, x)} current={x === tab}>
                {tabWords[x]}
              </Link>
            ))}
          </nav>
          {tab === "signals" && <Signals t={t} turn={turn} query={query} />}
          {tab === "goroutines" && <Goroutines name={name} query={query} />}
          {tab === "heap" && <Heap name={name} query={query} />}
          {tab === "sockets" && <Sockets t={t} turn={turn} query={query} />}
          {tab === "suspects" && <Suspects name={name} />}
        </>
      )}
    </Loaded>
  );
}

function Head({ t: { row, problems } }: { readonly t: TargetReply }): JSX.Element {
  const p = row.process;
  return (
    <header class="target-head">
      <h1>
        {row.name} <Badge state={row.state} />
      </h1>
      <p class="dim facts">
        {p?.module != null && <span>{p.module}</span>}
        {p?.goVersion != null && <span>{p.goVersion}</span>}
        {p?.revision != null && p.revision !== "" && <span>revision {p.revision.slice(0, 10)}</span>}
        {p?.pid != null && <span>pid {p.pid}</span>}
        {p?.startedMs != null && (
          <span>
            up since <Time ms={p.startedMs} />
          </span>
        )}
        <span>
          {row.looks === 1 ? "1 look" : `${count(row.looks)} looks`}
          {row.lastMs !== null && (
            <>
              , the last at <Time ms={row.lastMs} />
            </>
          )}
        </span>
      </p>
      {row.failure !== null && (
        <div class="trouble" role="alert">
          It cannot be read: {row.failure}
        </div>
      )}
      {problems.map((x) => (
        <p key={x} class="warn small">
          not seen: {x}
        </p>
      ))}
    </header>
  );
}

/** A verdict in words: what, how fast, since when, how sure, why, what would change its mind. All but the first leak take one line until opened. */
export function VerdictCard({
  v,
  target,
  first,
}: {
  readonly v: VerdictView;
  readonly target: string;
  readonly first: boolean;
}): JSX.Element {
  const title = (
    <>
      <Badge state={v.status} note={shapeWords[v.shape] ?? v.shape} /> {kindWords[v.kind]}
      {v.label === kindWords[v.kind] ? "" : `: ${v.label}`}
    </>
  );
  if (v.status !== "leak" || !first)
    return (
      <details class={`verdict ${v.status}`}>
        <summary>
          {title}{" "}
          {v.status === "leak" ? (
            <>
              <strong class="grew">{growthText(v.growth)}</strong>{" "}
              <span class="dim">{v.finding === null ? "" : v.finding.rule}</span>
            </>
          ) : (
            <span class="dim">{v.evidence[0] ?? ""}</span>
          )}
        </summary>
        {v.status === "leak" && <Facts v={v} target={target} />}
        <Reasons v={v} />
      </details>
    );
  return (
    <article class="verdict leak">
      <h3>{title}</h3>
      <Facts v={v} target={target} />
      <Reasons v={v} />
    </article>
  );
}

/** The shapes that a course takes, for people. */
const shapeWords: Readonly<Record<string, string>> = {
  leak: "leak",
  "plateaued-leak": "leak that no longer grows",
  "warm-up": "warmed up",
  step: "a step",
  load: "follows the load",
  healthy: "healthy",
  undecided: "undecided",
};

function Facts({ v, target }: { readonly v: VerdictView; readonly target: string }): JSX.Element {
  return (
    <>
      <p>
        <strong>{growthText(v.growth)}</strong>
        {v.since !== null && (
          <>
            {" "}
            since <Time ms={Date.parse(v.since)} />
          </>
        )}
        {v.exhaustionSeconds !== null && <strong class="grew"> · full in {span(v.exhaustionSeconds)}</strong>}
        {v.location !== null && (
          <>
            {" · "}
            <Link to={targetPath(target, "suspects")}>{placeText(v.location)}</Link>
          </>
        )}
      </p>
      {v.finding !== null && (
        <p>
          In the source: <Link to={findingPath(v.finding)}>{v.finding.rule}</Link>{" "}
          <span class="dim">
            {v.finding.file}:{v.finding.line}
          </span>
        </p>
      )}
    </>
  );
}

function Reasons({ v }: { readonly v: VerdictView }): JSX.Element {
  return (
    <>
      <ul>
        {v.evidence.map((e) => (
          <li key={e}>{e}</li>
        ))}
      </ul>
      <p class="dim small">What would change its mind: {v.changeOfMind}</p>
      <details>
        <summary>Statistics</summary>
        <dl class="pairs">
          <dt>slope</dt>
          <dd>
            {v.growth === null
              ? "–"
              : `${v.growth.perSecond.toPrecision(3)} a second (95 %: ${v.growth.low.toPrecision(3)} to ${v.growth.high.toPrecision(3)})`}
          </dd>
          <dt>chance to be wrong</dt>
          <dd>
            {v.proven > 0
              ? "none: proven by the runtime"
              : v.errorRate === null
                ? "–"
                : `below ${v.errorRate.toExponential(1)}`}
          </dd>
          <dt>decided after</dt>
          <dd>{v.decidedAtSeconds === null ? "not yet" : span(v.decidedAtSeconds)}</dd>
          <dt>a leak would be found from</dt>
          <dd>{v.detectable === null ? "–" : rate(v.detectable, v.unit)}</dd>
        </dl>
      </details>
    </>
  );
}
