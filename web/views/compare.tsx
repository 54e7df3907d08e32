/** Two instances or two times side by side: verdicts, and their heaps against each other. */
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Profile } from "../../src/profile/columns.ts";
import type { StoredProfileView, TargetReply, TargetsReply } from "../../src/server/api.ts";
import { useAsk } from "../ask.ts";
import { Badge } from "../parts/badge.tsx";
import { Link } from "../parts/link.tsx";
import { Loaded } from "../parts/notice.tsx";
import { readProfile } from "../parts/read-profile.ts";
import { setQuery, targetPath } from "../route.ts";
import { clock, kindWords, rate } from "../words.ts";
import { ProfileView } from "./heap.tsx";

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
                  <Badge state={v.status} /> {kindWords[v.kind]}: {v.label} <span class="dim">{rate(v.growth)}</span>
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

function Heaps({
  a,
  b,
  query,
}: {
  readonly a: string;
  readonly b: string;
  readonly query: URLSearchParams;
}): JSX.Element {
  const [before, setBefore] = useState<Profile | null>(null);
  const [after, setAfter] = useState<Profile | null>(null);
  const [error, setError] = useState<string | null>(null);
  const stored = useAsk<readonly StoredProfileView[]>(`/api/targets/${encodeURIComponent(a)}/profiles`);
  const at = query.get("at");
  useEffect(() => {
    setError(null);
    const fail = (e: unknown): void => setError((e as Error).message);
    readProfile(at === null ? `/api/targets/${encodeURIComponent(a)}/profile/heap` : `/api/profiles/${at}`).then(
      setBefore,
      fail,
    );
    readProfile(`/api/targets/${encodeURIComponent(b)}/profile/heap`).then(setAfter, fail);
  }, [a, b, at]);
  const heaps = (stored.data ?? []).filter((s) => s.name === "heap");
  return (
    <section>
      <h2>Heap of the second against the first</h2>
      {heaps.length > 0 && (
        <label>
          The first at{" "}
          <select value={at ?? ""} onChange={(e) => setQuery({ at: e.currentTarget.value })}>
            <option value="">now</option>
            {heaps.map((h) => (
              <option key={h.hash} value={h.hash}>
                {clock(h.timeMs)}
              </option>
            ))}
          </select>
        </label>
      )}
      {error !== null && (
        <div class="trouble" role="alert">
          {error}
        </div>
      )}
      {before !== null && after !== null && <ProfileView profile={after} base={before} type="inuse_space" />}
    </section>
  );
}
