/**
 * Every target, the bleeding first. A thousand rows must cost no long task: they come as one scrolls, a screenful at a time, and of those that came
 * only the screenfuls near the window are there; the others are an empty row of their height.
 */
import { Component, createRef, type JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { span } from "../../src/base/durations.ts";
import { amount } from "../../src/base/numbers.ts";
import type { TargetRow, TargetsReply } from "../../src/server/api.ts";
import { Badge } from "../parts/badge.tsx";
import { Link } from "../parts/link.tsx";
import { Notice, Time } from "../parts/notice.tsx";
import { watchSeen } from "../parts/seen.ts";
import { Sparkline } from "../parts/sparkline.tsx";
import { findingPath, setQuery, targetPath } from "../route.ts";
import { kindWords, growthText, stateWords } from "../words.ts";

const order = { leak: 0, failing: 1, undecided: 2, starting: 3, healthy: 4 } as const;
/** Rows of a screenful: so many at first, and so many more each time that the end comes near. */
const STEP = 20;
/** Columns of the table. */
const COLUMNS = 8;

export function Overview({
  reply,
  query,
}: {
  readonly reply: TargetsReply;
  readonly query: URLSearchParams;
}): JSX.Element {
  const wanted = (query.get("q") ?? "").toLowerCase();
  const only = query.get("state");
  const rows = useMemo(() => rowsOf(reply.targets, wanted, only), [reply, wanted, only]);
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
          .filter((s) => counts.has(s) || s === only)
          .map((s) => (
            <button
              key={s}
              type="button"
              aria-pressed={only === s}
              onClick={() => setQuery({ state: only === s ? null : s })}
            >
              {stateWords[s]} {counts.get(s) ?? 0}
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
        <Table key={`${wanted} ${only ?? ""}`} rows={rows} />
      )}
    </>
  );
}

function rowsOf(targets: readonly TargetRow[], wanted: string, only: string | null): TargetRow[] {
  return targets
    .filter((t) => only === null || t.state === only)
    .filter(
      (t) =>
        wanted === "" ||
        `${t.name} ${t.process?.module ?? ""} ${Object.values(t.labels).join(" ")}`.toLowerCase().includes(wanted),
    )
    .sort(
      (a, b) =>
        order[a.state] - order[b.state] || urgency(a) - urgency(b) || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0),
    );
}

function urgency(t: TargetRow): number {
  return t.worst?.exhaustionSeconds ?? 1e15;
}

function Table({ rows }: { readonly rows: readonly TargetRow[] }): JSX.Element {
  const [most, setMost] = useState(STEP);
  const end = useRef<HTMLParagraphElement>(null);
  const more = rows.length > most;
  useEffect(() => {
    if (!more || end.current === null) return undefined;
    // Again after each step: an end that stays in sight is told of once only.
    return watchSeen(end.current, (near) => near && setMost((n) => n + STEP));
  }, [most, more]);
  return (
    <>
      <div class="scroll" tabIndex={0}>
        <table class="targets" aria-rowcount={rows.length + 1}>
          <colgroup>
            <col class="col-state" />
            <col class="col-target" />
            <col />
            <col class="col-level" />
            <col class="col-level" />
            <col class="col-level" />
            <col class="col-short" />
            <col class="col-deploy" />
          </colgroup>
          <thead>
            <tr aria-rowindex={1}>
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
          {Array.from({ length: Math.ceil(Math.min(most, rows.length) / STEP) }, (_, i) => (
            <Screenful key={i} rows={rows.slice(i * STEP, (i + 1) * STEP)} first={i * STEP + 2} />
          ))}
        </table>
      </div>
      {more && (
        <p class="more" ref={end}>
          <button type="button" onClick={() => setMost(most + STEP)}>
            Show more of {rows.length - most}
          </button>
        </p>
      )}
    </>
  );
}

interface ScreenfulProps {
  readonly rows: readonly TargetRow[];
  /** Its first row's number in the whole table, whose head is number 1. */
  readonly first: number;
}

class Screenful extends Component<ScreenfulProps, { readonly away: number | null }> {
  override state = { away: null };
  private readonly element = createRef<HTMLTableSectionElement>();
  private stop: (() => void) | null = null;

  override componentDidMount(): void {
    const { current } = this.element;
    if (current === null) return;
    this.stop = watchSeen(current, (near) => {
      // Who moves through it by keys must not lose their place.
      const isHeld = current.contains(document.activeElement);
      if (near !== (this.state.away === null) && !isHeld) this.setState({ away: near ? null : current.offsetHeight });
    });
  }

  override componentWillUnmount(): void {
    this.stop?.();
  }

  override render({ rows, first }: ScreenfulProps, { away }: { readonly away: number | null }): JSX.Element {
    return (
      <tbody ref={this.element} aria-hidden={away !== null}>
        {away === null ? (
          rows.map((t, i) => <Row key={t.name} t={t} number={first + i} />)
        ) : (
          <tr class="away">
            <td colSpan={COLUMNS} style={{ height: `${away}px` }} />
          </tr>
        )}
      </tbody>
    );
  }
}

interface RowProps {
  readonly t: TargetRow;
}

interface NumberedRowProps extends RowProps {
  /** In the whole table. */
  readonly number: number;
}

class Row extends Component<NumberedRowProps> {
  override shouldComponentUpdate({ t, number }: NumberedRowProps): boolean {
    return number !== this.props.number || !same(t, this.props.t);
  }

  override render({ t, number }: NumberedRowProps): JSX.Element {
    return (
      <tr aria-rowindex={number}>
        <td>
          <Badge state={t.state} />
        </td>
        <th scope="row">
          <Link to={targetPath(t.name)} step>
            {t.name}
          </Link>
          <div class="dim small">{t.process?.module ?? (t.name === t.address ? "" : t.address)}</div>
        </th>
        <td class="worst">
          <Worst t={t} />
        </td>
        <Level t={t} kind="goroutine" />
        <Level t={t} kind="heap" />
        <Level t={t} kind="fd" />
        <td class={t.worst?.exhaustionSeconds == null ? "dim none" : "grew"} data-label="full in">
          {t.worst?.exhaustionSeconds == null ? "–" : span(t.worst.exhaustionSeconds)}
        </td>
        <td class={t.deployMs === null ? "dim none" : ""} data-label="deployed">
          {t.deployMs === null ? "–" : <Time ms={t.deployMs} />}
        </td>
      </tr>
    );
  }
}

/** What a row shows is the same: no look since, and nothing learned of the source. */
function same(a: TargetRow, b: TargetRow): boolean {
  return (
    a.looks === b.looks &&
    a.lastMs === b.lastMs &&
    a.state === b.state &&
    a.leaks === b.leaks &&
    a.failure === b.failure &&
    a.deployMs === b.deployMs &&
    a.worst?.name === b.worst?.name &&
    a.worst?.finding?.fingerprint === b.worst?.finding?.fingerprint
  );
}

function Worst({ t }: RowProps): JSX.Element {
  if (t.failure !== null) return <span class="dim">{t.failure}</span>;
  const w = t.worst;
  if (w === null) return <span class="dim">{t.looks === 0 ? "waiting for the first look" : "nothing"}</span>;
  return (
    <>
      {t.state === "leak" ? <Link to={targetPath(t.name, "suspects")}>{w.label}</Link> : <span>{w.label}</span>}
      <div class="dim small">
        {kindWords[w.kind]} {growthText(w.growth)}
        {t.state === "leak" && w.since !== null && (
          <>
            {" since "}
            <Time ms={Date.parse(w.since)} />
          </>
        )}
        {t.leaks > 1 && ` · ${t.leaks - 1} more`}
        {w.finding !== null && (
          <>
            {" · "}
            <Link to={findingPath(w.finding)}>{w.finding.rule}</Link>
          </>
        )}
      </div>
    </>
  );
}

function Level({ t, kind }: { readonly t: TargetRow; readonly kind: "goroutine" | "heap" | "fd" }): JSX.Element {
  const l = t.levels.find((x) => x.kind === kind);
  if (l === undefined) return <td class="dim none">–</td>;
  const leaks = t.state === "leak" && t.worst?.kind === kind;
  return (
    <td class="level" data-label={kindWords[kind]}>
      <span>{amount(l.value, l.unit)}</span>
      <Sparkline values={l.trail} label={`${kindWords[kind]} of ${t.name}`} tone={leaks ? "leak" : "calm"} />
    </td>
  );
}
