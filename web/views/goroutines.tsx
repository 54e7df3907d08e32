/** Goroutines in groups: by the line that blocks, or by who started them; growth, wait ages, frames and source one click away. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { waited } from "../../src/base/durations.ts";
import { count, signed } from "../../src/base/numbers.ts";
import type { GroupsReply, GroupView } from "../../src/server/api.ts";
import { useAsk } from "../ask.ts";
import { Code } from "../parts/code.tsx";
import { Loaded, Notice, Time } from "../parts/notice.tsx";
import { setQuery } from "../route.ts";
import { placeText, shortFile, shortName } from "../words.ts";

export function Goroutines({ name, query }: { readonly name: string; readonly query: URLSearchParams }): JSX.Element {
  const [turn, again] = useState(0);
  const asked = useAsk<GroupsReply>(`/api/targets/${encodeURIComponent(name)}/goroutines`, turn);
  const by = query.get("by") === "creator" ? "creator" : "site";
  const wanted = (query.get("q") ?? "").toLowerCase();
  return (
    <Loaded asked={asked} waiting="Asking the target for its goroutines…">
      {(r) => {
        const groups = (by === "creator" ? byCreator(r.groups) : r.groups).filter(
          (g) =>
            wanted === "" ||
            `${g.wait} ${g.known ?? ""} ${g.stack.map((f) => f.function).join(" ")}`.toLowerCase().includes(wanted),
        );
        return (
          <>
            <div class="filters" role="group" aria-label="Group goroutines">
              <button type="button" aria-pressed={by === "site"} onClick={() => setQuery({ by: null })}>
                by the line that blocks
              </button>
              <button type="button" aria-pressed={by === "creator"} onClick={() => setQuery({ by: "creator" })}>
                by who started them
              </button>
              <span class="dim">
                {count(r.total)} goroutines at <Time ms={r.takenMs} />
                {r.from === "profile" && " (grouped profile: no wait times)"}
              </span>
              <button type="button" onClick={() => again(turn + 1)}>
                Look again
              </button>
            </div>
            {r.truncated !== "" && <p class="warn">{r.truncated}</p>}
            {groups.length > 200 && <p class="dim">The largest 200 of {groups.length} groups; search to see others.</p>}
            {groups.length === 0 ? (
              <Notice title={wanted === "" ? "It has no goroutines that can be seen" : "No group fits"}>
                {wanted !== "" && (
                  <button type="button" onClick={() => setQuery({ q: null })}>
                    Show all
                  </button>
                )}
              </Notice>
            ) : (
              <div class="scroll" tabIndex={0}>
                <table class="groups">
                  <thead>
                    <tr>
                      <th scope="col" class="number">
                        Number
                      </th>
                      <th scope="col" class="number" title="Since the watch began">
                        Growth
                      </th>
                      <th scope="col">Waits in</th>
                      <th scope="col">{by === "site" ? "Blocks at" : "Started by"}</th>
                      <th scope="col">Waits for so long</th>
                    </tr>
                  </thead>
                  <tbody>
                    {groups.slice(0, 200).map((g, i) => (
                      <Group
                        key={`${i} ${g.site.function} ${g.site.line} ${g.wait}`}
                        g={g}
                        by={by}
                        target={name}
                        open={query.get("open") === idOf(g)}
                      />
                    ))}
                  </tbody>
                </table>
              </div>
            )}
          </>
        );
      }}
    </Loaded>
  );
}

/** What names a group in the address. */
function idOf(g: GroupView): string {
  return `${shortName(g.site.function)}:${g.site.line} ${shortName((g.creator ?? g.entry).function)} ${g.wait}`.slice(
    0,
    200,
  );
}

function Group({
  g,
  by,
  target,
  open,
}: {
  readonly g: GroupView;
  readonly by: "site" | "creator";
  readonly target: string;
  readonly open: boolean;
}): JSX.Element {
  const grown = g.before === null ? null : g.count - g.before;
  const own = g.stack.find((f) => f.line > 0 && /[./]/.test(f.function) && !isStd(f.file)) ?? g.site;
  const place = by === "creator" ? (g.creator ?? g.entry) : own;
  return (
    <>
      <tr>
        <td class="number">{count(g.count)}</td>
        <td class={`number ${grown !== null && grown > 0 ? "grew" : ""}`}>
          {grown === null ? "–" : signed(grown, count)}
        </td>
        <td>
          {g.wait === "" ? "running" : g.wait}
          {g.leaked > 0 && <span class="grew"> · {g.leaked} proven leaked</span>}
        </td>
        <td>
          <button
            type="button"
            class="plain"
            data-step
            aria-expanded={open}
            onClick={() => setQuery({ open: open ? null : idOf(g) })}
          >
            <span aria-hidden="true">{open ? "▾" : "▸"}</span> {placeText(place)}
          </button>
          {g.known !== null && <div class="dim small">{g.known}</div>}
        </td>
        <td>{g.minutes === null ? "–" : waited(g.minutes)}</td>
      </tr>
      {open && (
        <tr class="detail">
          <td colSpan={5}>
            <ol class="frames">
              {g.stack.map((f, i) => (
                <li key={i}>
                  {shortName(f.function)} <span class="dim">{f.line > 0 ? `${shortFile(f.file)}:${f.line}` : ""}</span>
                </li>
              ))}
              {g.creator !== null && (
                <li>
                  started by {shortName(g.creator.function)}{" "}
                  <span class="dim">{`${shortFile(g.creator.file)}:${g.creator.line}`}</span>
                </li>
              )}
            </ol>
            <Code file={place.file} line={place.line} target={target} />
          </td>
        </tr>
      )}
    </>
  );
}

function isStd(file: string): boolean {
  return /\/(?:go|golang)[^/]*\/src\//.test(file) || (!file.startsWith("/") && !file.split("/")[0].includes("."));
}

function byCreator(groups: readonly GroupView[]): GroupView[] {
  const merged = new Map<string, GroupView>();
  for (const g of groups) {
    const c = g.creator ?? g.entry;
    const key = `${c.function} ${c.line}`;
    const m = merged.get(key);
    merged.set(
      key,
      m === undefined
        ? g
        : {
            ...(m.count >= g.count ? m : g),
            count: m.count + g.count,
            before: m.before === null || g.before === null ? null : m.before + g.before,
            wait: m.wait === g.wait ? m.wait : "several",
            leaked: m.leaked + g.leaked,
          },
    );
  }
  return [...merged.values()].sort((a, b) => b.count - a.count);
}
