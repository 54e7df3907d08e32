/** The heap as a flame graph: now, or now against a profile of before. Read and laid out here, in the browser. */
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { StoredProfileView } from "../../src/server/api.ts";
import { useAsk } from "../ask.ts";
import { LookSelect } from "../parts/look-select.tsx";
import { Notice } from "../parts/notice.tsx";
import { ProfileView } from "../parts/profile-view.tsx";
import { Progress } from "../parts/progress.tsx";
import type { ProfileInfo, Stage } from "../profiles/messages.ts";
import { drop, readProfile } from "../profiles/reader.ts";
import { setQuery } from "../route.ts";

const types = [
  ["inuse_space", "in use, bytes"],
  ["inuse_objects", "in use, objects"],
  ["alloc_space", "allocated, bytes"],
  ["alloc_objects", "allocated, objects"],
] as const;

export function Heap({ name, query }: { readonly name: string; readonly query: URLSearchParams }): JSX.Element {
  const type = query.get("type") ?? "inuse_space";
  const base = query.get("base");
  const at = query.get("at");
  const [now, setNow] = useState<ProfileInfo | null>(null);
  const [kept, setKept] = useState<ProfileInfo | null>(null);
  const [before, setBefore] = useState<ProfileInfo | null>(null);
  const [stage, setStage] = useState<Stage | null>(null);
  const [error, setError] = useState<string | null>(null);
  const keptNow = useRef(kept);
  keptNow.current = kept;
  const [turn, again] = useState(0);
  const stored = useAsk<readonly StoredProfileView[]>(`/api/targets/${encodeURIComponent(name)}/profiles`);
  const fail = (e: unknown): void => setError((e as Error).message);

  useEffect(() => {
    setError(null);
    const address = at === null ? `/api/targets/${encodeURIComponent(name)}/profile/heap` : `/api/profiles/${at}`;
    readProfile(address, setStage).then(setNow, fail);
  }, [name, at, turn]);
  useEffect(() => {
    if (base === null || base === "kept") return setBefore(base === "kept" ? kept : null);
    readProfile(`/api/profiles/${base}`, () => {}).then(setBefore, fail);
    return undefined;
  }, [base, kept]);
  // The worker keeps what is shown and what was kept to be compared with; the rest it may forget.
  useEffect(() => () => void (now !== null && now !== keptNow.current && drop(now)), [now]);
  useEffect(() => () => void (kept !== null && drop(kept)), [kept]);
  useEffect(() => () => void (before !== null && before !== keptNow.current && drop(before)), [before]);

  if (error !== null && now === null)
    return (
      <Notice title="No heap profile">
        <p>{error}</p>
        <button type="button" onClick={() => again(turn + 1)}>
          Try again
        </button>
      </Notice>
    );
  if (now === null) return <Progress stage={stage} waiting="Reading the heap profile…" />;
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
        <LookSelect label="at" param="at" looks={heaps} chosen={at} none="now" />
        <LookSelect label="against" param="base" looks={heaps} chosen={base} none="nothing">
          {kept !== null && <option value="kept">the look kept here</option>}
        </LookSelect>
        <button
          type="button"
          onClick={() => {
            setKept(now);
            setQuery({ base: "kept", at: null });
            again(turn + 1);
          }}
        >
          Keep this look and compare with the next
        </button>
        <button type="button" onClick={() => again(turn + 1)}>
          Look again
        </button>
      </div>
      {error !== null && (
        <div class="trouble" role="alert">
          {error}
        </div>
      )}
      <ProfileView profile={now} base={before} type={type} query={query} target={name} />
    </>
  );
}
