/** A flame graph with its search, and the functions that hold or grew most. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { signed } from "../../src/base/numbers.ts";
import { valueText } from "../../src/profile/value-text.ts";
import type { Site } from "../../src/profile/sites.ts";
import { Flame } from "../flame/flame.tsx";
import type { Picture, ProfileInfo } from "../profiles/messages.ts";
import { usePicture } from "../profiles/reader.ts";
import { setQuery } from "../route.ts";
import { shortFile, shortName } from "../words.ts";
import { Code } from "./code.tsx";
import { Notice } from "./notice.tsx";
import { Progress } from "./progress.tsx";

const ROWS = 25;

export function ProfileView({
  profile,
  base,
  type,
  query,
  target,
}: {
  readonly profile: ProfileInfo;
  readonly base: ProfileInfo | null;
  readonly type: string;
  readonly query: URLSearchParams;
  /** Whose it is; null for a file, whose frames nobody here may resolve by a process. */
  readonly target: string | null;
}): JSX.Element {
  const of = (p: ProfileInfo, wanted: string): number => p.sampleTypes.findIndex((t) => t.type === wanted);
  const column = Math.max(0, of(profile, type));
  const baseColumn = base === null ? -1 : of(base, profile.sampleTypes[column].type);
  const show = valueText(profile.sampleTypes[column].unit);
  const { picture, stage, error } = usePicture(profile, column, base, baseColumn);
  const search = query.get("find") ?? "";
  return (
    <>
      <label class="search-line">
        Find in the graph{" "}
        <input
          type="search"
          value={search}
          onInput={(e) => setQuery({ find: e.currentTarget.value })}
          placeholder="function"
        />
      </label>
      {base !== null && baseColumn < 0 && (
        <p class="warn">The other profile has no {profile.sampleTypes[column].type}: this one is shown alone.</p>
      )}
      {error !== null && (
        <div class="trouble" role="alert">
          {error}
        </div>
      )}
      {picture === null ? (
        error === null && <Progress stage={stage} waiting="Laying out…" />
      ) : picture.boxes.count < 2 ? (
        <Notice title="Nothing in it">
          <p>This profile has no {profile.sampleTypes[column].type}: choose another kind above, or look again later.</p>
        </Notice>
      ) : (
        <>
          <Flame
            boxes={picture.boxes}
            show={show}
            search={search}
            chosen={query.get("box")}
            onChosen={(box) => setQuery({ box })}
          />
          <Top picture={picture} show={show} target={target} />
        </>
      )}
    </>
  );
}

/** Lines of the program, each with its source one click away; then all functions, Go's own too. */
function Top({
  picture,
  show,
  target,
}: {
  readonly picture: Picture;
  readonly show: (value: number) => string;
  readonly target: string | null;
}): JSX.Element {
  const differential = picture.boxes.baseTotal !== null;
  const sites = picture.sites.filter((s) => (differential ? s.value !== s.before : s.value > 0)).slice(0, ROWS);
  const functions = picture.top.filter((r) => r.flat !== 0).slice(0, ROWS);
  if (differential && sites.length === 0) return <Notice title="What grew most: nothing changed between the two" />;
  return (
    <>
      <div class="scroll" tabIndex={0}>
        <table>
          <caption>
            {differential ? "What grew most, by line of the program" : "Who holds most, by line of the program"}
          </caption>
          <thead>
            <tr>
              {differential && (
                <th scope="col" class="number">
                  Change
                </th>
              )}
              <th scope="col" class="number">
                Now
              </th>
              <th scope="col" class="wide">
                Line
              </th>
            </tr>
          </thead>
          <tbody>
            {sites.map((s) => (
              <SiteRow
                key={`${s.frame.func}:${s.frame.line}`}
                s={s}
                show={show}
                differential={differential}
                target={target}
              />
            ))}
          </tbody>
        </table>
      </div>
      <details>
        <summary>The same by function, Go's own too</summary>
        <div class="scroll" tabIndex={0}>
          <table>
            <thead>
              <tr>
                <th scope="col" class="number">
                  {differential ? "Own change" : "Own"}
                </th>
                <th scope="col" class="number">
                  With callees
                </th>
                <th scope="col" class="wide">
                  Function
                </th>
              </tr>
            </thead>
            <tbody>
              {functions.map((r) => (
                <tr key={`${r.func} ${r.file}`}>
                  <td class={`number ${differential ? tone(r.flat) : ""}`}>
                    {differential ? signed(r.flat, show) : show(r.flat)}
                  </td>
                  <td class="number">{differential ? signed(r.cum, show) : show(r.cum)}</td>
                  <td>
                    {shortName(r.func)} <span class="dim">{shortFile(r.file)}</span>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </>
  );
}

function SiteRow({
  s,
  show,
  differential,
  target,
}: {
  readonly s: Site;
  readonly show: (value: number) => string;
  readonly differential: boolean;
  readonly target: string | null;
}): JSX.Element {
  const [open, set] = useState(false);
  const { func, file, line } = s.frame;
  return (
    <>
      <tr>
        {differential && <td class={`number ${tone(s.value - s.before)}`}>{signed(s.value - s.before, show)}</td>}
        <td class="number">{show(s.value)}</td>
        <td>
          <button type="button" class="plain" data-step aria-expanded={open} onClick={() => set(!open)}>
            <span aria-hidden="true">{open ? "▾" : "▸"}</span> {shortName(func)}{" "}
            <span class="dim">{line > 0 ? `${shortFile(file)}:${line}` : shortFile(file)}</span>
          </button>
        </td>
      </tr>
      {open && (
        <tr class="detail">
          <td colSpan={differential ? 3 : 2}>
            <Code file={file} line={line} target={target} />
          </td>
        </tr>
      )}
    </>
  );
}

function tone(change: number): string {
  return change > 0 ? "grew" : change < 0 ? "shrank" : "dim";
}
