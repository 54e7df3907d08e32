/** What somebody on call asks first, in a few lines: does it leak, since when and which deploy, what piles up, at which line, what is the fix, is it over. */
import type { ComponentChildren, JSX } from "preact";
import { span } from "../../src/base/durations.ts";
import type { MarkView, TargetReply, VerdictView } from "../../src/server/api.ts";
import { findingPath, targetPath } from "../route.ts";
import { kindWords, placeText, growthText, withoutBundle } from "../words.ts";
import { Link } from "./link.tsx";
import { Time } from "./notice.tsx";

/** Looks between them and clocks that differ a little: what begins so shortly before a deploy began with it. */
const SLACK_MS = 30_000;
/** So soon after it is with it. */
const WITH_S = 5;

export function Answer({ t }: { readonly t: TargetReply }): JSX.Element | null {
  const leaks = t.verdicts.filter((v) => v.status === "leak");
  if (leaks.length > 0) return <Leaking t={t} leaks={leaks} />;
  const over = endOf(t.marks);
  const doubt = t.verdicts.find((v) => v.status === "undecided");
  if (over === undefined && (doubt === undefined || t.row.looks === 0)) return null;
  return (
    <dl class="answer">
      {over !== undefined && (
        <Line name="The last leak">
          {over.what} was over at <Time ms={over.timeMs} />
          <Before marks={t.marks} sinceMs={over.timeMs} startedMs={null} />
        </Line>
      )}
      {doubt !== undefined && (
        <Line name="Not sure yet">
          {kindWords[doubt.kind]}
          {doubt.label === kindWords[doubt.kind] ? "" : `: ${doubt.label}`} {doubt.evidence[0] ?? ""}
        </Line>
      )}
    </dl>
  );
}

/** When the last alarm was over: by itself, or with the process that leaked. */
function endOf(marks: readonly MarkView[]): { readonly what: string; readonly timeMs: number } | undefined {
  const at = marks.findLastIndex((m) => m.kind === "alarm");
  if (at < 0) return undefined;
  const end = marks.slice(at + 1).find((m) => m.kind === "resolved" || m.kind === "start");
  return end === undefined ? undefined : { what: withoutBundle(marks[at].text), timeMs: end.timeMs };
}

function Leaking({ t, leaks }: { readonly t: TargetReply; readonly leaks: readonly VerdictView[] }): JSX.Element {
  const since = leaks.flatMap((v) => (v.since === null ? [] : [Date.parse(v.since)])).sort((a, b) => a - b)[0];
  const ends = leaks.flatMap((v) => v.exhaustionSeconds ?? []).sort((a, b) => a - b);
  const findings = [
    ...new Map(
      leaks.flatMap((v) => (v.finding === null ? [] : [[v.finding.fingerprint, v.finding] as const])),
    ).values(),
  ];
  const place = leaks.find((v) => v.location !== null)?.location ?? null;
  const earlier = leaks
    .flatMap((v) => v.evidence)
    .find((e) => e.includes("before the last restart") || e.startsWith("Before the last"));
  return (
    <dl class="answer">
      <Line name="It leaks since">
        {since === undefined ? "its first look" : <Time ms={since} />}
        {since !== undefined && <Before marks={t.marks} sinceMs={since} startedMs={t.row.process?.startedMs ?? null} />}
        {earlier !== undefined && <span class="dim"> {earlier}</span>}
      </Line>
      <Line name="What piles up">
        {[...byKind(leaks)].map(([kind, of], i) => (
          <span key={kind}>
            {i > 0 && ", "}
            {kindWords[kind]} <strong class="grew">{growthText(of[0].growth)}</strong>
            {of.length > 1 && <span class="dim"> in {of.length} groups</span>}
          </span>
        ))}
        {ends.length > 0 && <strong class="grew"> · full in {span(ends[0])}</strong>}
      </Line>
      <Line name="Which line">
        {findings.length > 0 ? (
          findings.slice(0, 3).map((f, i) => (
            <span key={f.fingerprint}>
              {i > 0 && ", "}
              <Link to={findingPath(f)}>
                {f.file}:{f.line}
              </Link>{" "}
              <span class="dim">{f.rule}</span>
            </span>
          ))
        ) : place !== null ? (
          <>
            {placeText(place)} <span class="dim">no finding in the source explains it</span>
          </>
        ) : (
          <span class="dim">not known from the signals: the suspects may tell</span>
        )}
      </Line>
      <Line name="What to do">
        <Link to={targetPath(t.row.name, "suspects")}>
          {findings.length > 0 ? "The cause and the fix, step by step" : "Who holds it, step by step"}
        </Link>
      </Line>
    </dl>
  );
}

/** In the order of the verdicts, of each kind the fastest first. */
function byKind(leaks: readonly VerdictView[]): Map<VerdictView["kind"], VerdictView[]> {
  const out = new Map<VerdictView["kind"], VerdictView[]>();
  for (const v of leaks) out.set(v.kind, [...(out.get(v.kind) ?? []), v]);
  for (const of of out.values()) of.sort((a, b) => (b.growth?.perSecond ?? 0) - (a.growth?.perSecond ?? 0));
  return out;
}

function Line({ name, children }: { readonly name: string; readonly children: ComponentChildren }): JSX.Element {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** After which deploy or start; nothing where none is known. */
function Before({
  marks,
  sinceMs,
  startedMs,
}: {
  readonly marks: readonly MarkView[];
  readonly sinceMs: number;
  readonly startedMs: number | null;
}): JSX.Element | null {
  const upTo = (m: MarkView): boolean => m.timeMs <= sinceMs + SLACK_MS;
  const deploy = marks.findLast((m) => m.kind === "deploy" && upTo(m));
  const start = marks.findLast((m) => m.kind === "start" && upTo(m));
  const atMs =
    deploy?.timeMs ?? start?.timeMs ?? (startedMs !== null && startedMs <= sinceMs + SLACK_MS ? startedMs : null);
  if (atMs === null) return null;
  const what =
    deploy === undefined ? "its start" : `the deploy${deploy.text === "" ? "" : ` of ${deploy.text.slice(0, 12)}`}`;
  const seconds = (sinceMs - atMs) / 1000;
  return (
    <>
      , {seconds < WITH_S ? "with" : `${span(seconds)} after`} {what}
      {seconds >= WITH_S && (
        <>
          {" "}
          at <Time ms={atMs} />
        </>
      )}
    </>
  );
}
