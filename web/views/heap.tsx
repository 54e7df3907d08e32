/** The heap as a flame graph: now, or now against a profile of before. Read and laid out here, in the browser. */
import type { JSX } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { buildCallTree } from "../../src/profile/calltree.ts";
import { typeIndex, type Profile } from "../../src/profile/columns.ts";
import type { StoredProfileView } from "../../src/server/api.ts";
import { useAsk } from "../ask.ts";
import { Flame } from "../parts/flame.tsx";
import { Notice } from "../parts/notice.tsx";
import { readProfile } from "../parts/read-profile.ts";
import { setQuery } from "../route.ts";
import { amount, clock, shortFile, shortName, type Unit } from "../words.ts";

const types = [
  ["inuse_space", "in use, bytes"],
  ["inuse_objects", "in use, objects"],
  ["alloc_space", "allocated, bytes"],
  ["alloc_objects", "allocated, objects"],
] as const;

export function Heap({ name, query }: { readonly name: string; readonly query: URLSearchParams }): JSX.Element {
  const type = query.get("type") ?? "inuse_space";
  const base = query.get("base");
  const [now, setNow] = useState<Profile | null>(null);
  const [kept, setKept] = useState<Profile | null>(null);
  const [before, setBefore] = useState<Profile | null>(null);
  const [error, setError] = useState<string | null>(null);
  const [turn, again] = useState(0);
  const stored = useAsk<readonly StoredProfileView[]>(`/api/targets/${encodeURIComponent(name)}/profiles`);
  const fail = (e: unknown): void => setError((e as Error).message);

  useEffect(() => {
    setError(null);
    readProfile(`/api/targets/${encodeURIComponent(name)}/profile/heap`).then(setNow, fail);
  }, [name, turn]);
  useEffect(() => {
    if (base === null || base === "kept") return setBefore(base === "kept" ? kept : null);
    readProfile(`/api/profiles/${base}`).then(setBefore, fail);
    return undefined;
  }, [base, kept]);

  if (error !== null && now === null)
    return (
      <Notice title="No heap profile">
        <p>{error}</p>
        <button type="button" onClick={() => again(turn + 1)}>
          Try again
        </button>
      </Notice>
    );
  if (now === null) return <p class="waiting">Reading the heap profile…</p>;
  const heaps = (stored.data ?? []).filter((s) => s.name === "heap");
  return (
    <>
      <div class="filters">
        <label>
          Show{" "}
          <select value={type} onChange={(e) => setQuery({ type: e.currentTarget.value })}>
            {types.map(([id, text]) => (
              <option key={id} value={id}>
                {text}
              </option>
            ))}
          </select>
        </label>
        <label>
          against{" "}
          <select value={base ?? ""} onChange={(e) => setQuery({ base: e.currentTarget.value })}>
            <option value="">nothing</option>
            {kept !== null && <option value="kept">the look kept here</option>}
            {heaps.map((h) => (
              <option key={h.hash} value={h.hash}>
                {clock(h.timeMs)}
              </option>
            ))}
          </select>
        </label>
        <button
          type="button"
          onClick={() => {
            setKept(now);
            setQuery({ base: "kept" });
            again(turn + 1);
          }}
        >
          Keep this look and compare with the next
        </button>
        <button type="button" onClick={() => again(turn + 1)}>
          Look again
        </button>
      </div>
      <ProfileView profile={now} base={before} type={type} />
    </>
  );
}

/** A flame graph with its search and the functions that hold or grew most. */
export function ProfileView({
  profile,
  base,
  type,
}: {
  readonly profile: Profile;
  readonly base: Profile | null;
  readonly type: string;
}): JSX.Element {
  const [search, setSearch] = useState("");
  const column = Math.max(0, typeIndex(profile, type));
  const baseColumn = base === null ? -1 : typeIndex(base, profile.sampleTypes[column].type);
  const unit: Unit = profile.sampleTypes[column].unit === "bytes" ? "bytes" : "count";
  const tree = useMemo(
    () =>
      buildCallTree(profile, column, base === null || baseColumn < 0 ? undefined : { profile: base, type: baseColumn }),
    [profile, base, column, baseColumn],
  );
  const differential = base !== null && baseColumn >= 0;
  const top = useMemo(() => topOf(tree), [tree]);
  return (
    <>
      <label class="search-line">
        Find in the graph{" "}
        <input type="search" value={search} onInput={(e) => setSearch(e.currentTarget.value)} placeholder="function" />
      </label>
      <Flame tree={tree} differential={differential} show={(v) => amount(v, unit)} search={search} />
      <div class="scroll" tabIndex={0}>
        <table>
          <caption>{differential ? "What grew most" : "Who holds most"}</caption>
          <thead>
            <tr>
              <th scope="col" class="number">
                {differential ? "Change" : "Own"}
              </th>
              <th scope="col" class="number">
                With callees
              </th>
              <th scope="col">Function</th>
            </tr>
          </thead>
          <tbody>
            {top.slice(0, 25).map((r) => (
              <tr key={r.frame}>
                <td class={`number ${differential && r.total > r.base ? "grew" : ""}`}>
                  {differential
                    ? `${r.total >= r.base ? "+" : "−"}${amount(Math.abs(r.total - r.base), unit)}`
                    : amount(r.self, unit)}
                </td>
                <td class="number">{amount(r.total, unit)}</td>
                <td>
                  {shortName(tree.names[r.frame])} <span class="dim">{shortFile(tree.files[r.frame])}</span>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

type Tree = ReturnType<typeof buildCallTree>;

/** By function: own value, and the value of the stacks it is on (counted once a stack). Sorted by change, without a base by own value. */
function topOf(tree: Tree): { frame: number; self: number; total: number; base: number }[] {
  const rows = new Map<number, { frame: number; self: number; total: number; base: number }>();
  for (let n = 1; n < tree.count; n++) {
    const frame = tree.frames[n];
    let row = rows.get(frame);
    if (row === undefined) rows.set(frame, (row = { frame, self: 0, total: 0, base: 0 }));
    row.self += tree.self[n];
    let recursive = false;
    for (let p = tree.parents[n]; p > 0; p = tree.parents[p]) if (tree.frames[p] === frame) recursive = true;
    if (recursive) continue;
    row.total += tree.total[n];
    row.base += tree.baseTotal[n];
  }
  const differential = tree.baseTotal[0] > 0;
  return [...rows.values()].sort((a, b) => (differential ? b.total - b.base - (a.total - a.base) : b.self - a.self));
}
