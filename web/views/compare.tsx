/** Two instances, two times or two revisions side by side: verdicts, what came and went, and their heaps against each other. */
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { RevisionView, StoredProfileView, TargetReply, TargetsReply, VerdictView } from "../../src/server/api.ts";
import { useAsk } from "../ask.ts";
import { Badge } from "../parts/badge.tsx";
import { Link } from "../parts/link.tsx";
import { LookSelect } from "../parts/look-select.tsx";
import { Loaded } from "../parts/notice.tsx";
import { ProfileView } from "../parts/profile-view.tsx";
import { Progress } from "../parts/progress.tsx";
import type { ProfileInfo, Stage } from "../profiles/messages.ts";
import { drop, readProfile } from "../profiles/reader.ts";
import { setQuery, targetPath } from "../route.ts";
import { clock, kindWords, growthText } from "../words.ts";

export function Compare({
  reply,
  query,
}: {
  readonly reply: TargetsReply;
  readonly query: URLSearchParams;
}): JSX.Element {
  const names = reply.targets.map((t) => t.name);
  const a = query.get("a") ?? names[0] ?? "";
  const b = query.get("b") ?? names[1] ?? names[0] ?? "";
  return (
    <>
      <h1>Compare</h1>
      <div class="columns">
        <Side which="a" name={a} names={names} />
        <Side which="b" name={b} names={names} />
      </div>
      {a !== "" && <Revisions key={a} name={a} query={query} />}
      {a !== "" && b !== "" && <Heaps a={a} b={b} query={query} />}
    </>
  );
}

function Side({
  which,
  name,
  names,
}: {
  readonly which: "a" | "b";
  readonly name: string;
  readonly names: readonly string[];
}): JSX.Element {
  const asked = useAsk<TargetReply>(name === "" ? null : `/api/targets/${encodeURIComponent(name)}`);
  return (
    <section>
      <label>
        {which === "a" ? "Before, or one" : "After, or the other"}{" "}
        <select value={name} onChange={(e) => setQuery({ [which]: e.currentTarget.value })}>
          {names.map((n) => (
            <option key={n} value={n}>
              {n}
            </option>
          ))}
        </select>
      </label>
      <Loaded asked={asked}>
        {(t) => (
          <>
            <p class="dim">
              {t.row.process?.module ?? ""} {t.row.process?.revision?.slice(0, 10) ?? ""}
            </p>
            <ul class="plain-list">
              {t.verdicts.map((v) => (
                <li key={`${v.kind} ${v.name}`}>
                  <Badge state={v.status} /> {kindWords[v.kind]}: {v.label}{" "}
                  <span class="dim">{growthText(v.growth)}</span>
                </li>
              ))}
            </ul>
            <Link to={targetPath(name)}>Its signals</Link>
          </>
        )}
      </Loaded>
    </section>
  );
}

/** Leaks of two runs of one target: what came with the later one, what stayed, what went. Names hold across builds; lines do not matter. */
function Revisions({ name, query }: { readonly name: string; readonly query: URLSearchParams }): JSX.Element {
  const asked = useAsk<readonly RevisionView[]>(`/api/targets/${encodeURIComponent(name)}/revisions`);
  return (
    <section>
      <h2>Two revisions of {name}</h2>
      <Loaded asked={asked}>
        {(runs) => {
          if (runs.length < 2)
            return <p class="dim">The store knows one run of it: after a deploy there are two to compare.</p>;
          const pick = (key: string, otherwise: number): RevisionView =>
            runs.find((r) => String(r.fromMs) === query.get(key)) ?? runs[otherwise];
          const before = pick("before", 1);
          const after = pick("after", 0);
          const of = (r: RevisionView): Map<string, VerdictView> =>
            new Map(r.leaks.map((v) => [`${v.kind}\t${v.name}`, v]));
          const old = of(before);
          const now = of(after);
          const rows = [
            ...[...now].map(([key, v]) => ({ change: old.has(key) ? "stayed" : "came", v, was: old.get(key) ?? null })),
            ...[...old].filter(([key]) => !now.has(key)).map(([, v]) => ({ change: "went", v, was: v })),
          ].sort((x, y) => x.change.localeCompare(y.change));
          return (
            <>
              <div class="filters">
                <Run label="Before" param="before" runs={runs} chosen={before} />
                <Run label="After" param="after" runs={runs} chosen={after} />
              </div>
              {rows.length === 0 ? (
                <p>Neither leaked.</p>
              ) : (
                <div class="scroll" tabIndex={0}>
                  <table>
                    <thead>
                      <tr>
                        <th scope="col">Change</th>
                        <th scope="col">Leak</th>
                        <th scope="col">Before</th>
                        <th scope="col">After</th>
                      </tr>
                    </thead>
                    <tbody>
                      {rows.map(({ change, v, was }) => (
                        <tr key={`${v.kind} ${v.name}`}>
                          <th scope="row" class={change === "came" ? "grew" : ""}>
                            {change === "came" ? "▲ came" : change === "went" ? "▼ went" : "= stayed"}
                          </th>
                          <td>
                            {kindWords[v.kind]}: {v.label}
                          </td>
                          <td>{was === null ? "–" : growthText(was.growth)}</td>
                          <td>{change === "went" ? "–" : growthText(v.growth)}</td>
                        </tr>
                      ))}
                    </tbody>
                  </table>
                </div>
              )}
            </>
          );
        }}
      </Loaded>
    </section>
  );
}

function Run({
  label,
  param,
  runs,
  chosen,
}: {
  readonly label: string;
  readonly param: string;
  readonly runs: readonly RevisionView[];
  readonly chosen: RevisionView;
}): JSX.Element {
  return (
    <label>
      {label}{" "}
      <select value={String(chosen.fromMs)} onChange={(e) => setQuery({ [param]: e.currentTarget.value })}>
        {runs.map((r) => (
          <option key={r.fromMs} value={String(r.fromMs)}>
            {r.revision === null || r.revision === "" ? "unknown revision" : r.revision.slice(0, 10)}, from{" "}
            {clock(r.fromMs)}
          </option>
        ))}
      </select>
    </label>
  );
}

function Heaps({
  a,
  b,
  query,
}: {
  readonly a: string;
  readonly b: string;
  readonly query: URLSearchParams;
}): JSX.Element {
  const [before, setBefore] = useState<ProfileInfo | null>(null);
  const [after, setAfter] = useState<ProfileInfo | null>(null);
  const [stage, setStage] = useState<Stage | null>(null);
  const [error, setError] = useState<string | null>(null);
  const stored = useAsk<readonly StoredProfileView[]>(`/api/targets/${encodeURIComponent(a)}/profiles`);
  const at = query.get("at");
  useEffect(() => {
    setError(null);
    const fail = (e: unknown): void => setError((e as Error).message);
    const first = at === null ? `/api/targets/${encodeURIComponent(a)}/profile/heap` : `/api/profiles/${at}`;
    readProfile(first, setStage).then(setBefore, fail);
    readProfile(`/api/targets/${encodeURIComponent(b)}/profile/heap`, setStage).then(setAfter, fail);
  }, [a, b, at]);
  useEffect(() => () => void (before !== null && drop(before)), [before]);
  useEffect(() => () => void (after !== null && drop(after)), [after]);
  const heaps = (stored.data ?? []).filter((s) => s.name === "heap");
  return (
    <section>
      <h2>Heap of the second against the first</h2>
      {heaps.length > 0 && <LookSelect label="The first at" param="at" looks={heaps} chosen={at} none="now" />}
      {error !== null && (
        <div class="trouble" role="alert">
          {error}
        </div>
      )}
      {before !== null && after !== null ? (
        <ProfileView profile={after} base={before} type="inuse_space" query={query} target={b} />
      ) : (
        error === null && <Progress stage={stage} waiting="Reading both heaps…" />
      )}
    </section>
  );
}
