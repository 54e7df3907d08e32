/** A flame graph with its search, and the functions that hold or grew most. */
import type { JSX } from "preact";
import { Flame } from "../flame/flame.tsx";
import type { Picture, ProfileInfo } from "../profiles/messages.ts";
import { usePicture } from "../profiles/reader.ts";
import { setQuery } from "../route.ts";
import { amount, shortFile, shortName, type Unit } from "../words.ts";
import { Notice } from "./notice.tsx";
import { Progress } from "./progress.tsx";

const ROWS = 25;

export function ProfileView({
  profile,
  base,
  type,
  query,
}: {
  readonly profile: ProfileInfo;
  readonly base: ProfileInfo | null;
  readonly type: string;
  readonly query: URLSearchParams;
}): JSX.Element {
  const of = (p: ProfileInfo, wanted: string): number => p.sampleTypes.findIndex((t) => t.type === wanted);
  const column = Math.max(0, of(profile, type));
  const baseColumn = base === null ? -1 : of(base, profile.sampleTypes[column].type);
  const unit: Unit = profile.sampleTypes[column].unit === "bytes" ? "bytes" : "count";
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
            show={(v) => amount(v, unit)}
            search={search}
            chosen={query.get("box")}
            onChosen={(box) => setQuery({ box })}
          />
          <Top picture={picture} unit={unit} />
        </>
      )}
    </>
  );
}

function Top({ picture, unit }: { readonly picture: Picture; readonly unit: Unit }): JSX.Element {
  const differential = picture.boxes.baseTotal !== null;
  const show = (v: number): string =>
    differential ? `${v >= 0 ? "+" : "−"}${amount(Math.abs(v), unit)}` : amount(v, unit);
  const rows = differential ? [...picture.top].sort((a, b) => b.flat - a.flat || b.cum - a.cum) : picture.top;
  return (
    <div class="scroll" tabIndex={0}>
      <table>
        <caption>{differential ? "What grew most" : "Who holds most"}</caption>
        <thead>
          <tr>
            <th scope="col" class="number">
              {differential ? "Own change" : "Own"}
            </th>
            <th scope="col" class="number">
              With callees
            </th>
            <th scope="col">Function</th>
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, ROWS).map((r) => (
            <tr key={`${r.func} ${r.file}`}>
              <td class={`number ${differential ? (r.flat > 0 ? "grew" : "shrank") : ""}`}>{show(r.flat)}</td>
              <td class="number">{show(r.cum)}</td>
              <td>
                {shortName(r.func)} <span class="dim">{shortFile(r.file)}</span>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {differential && rows.length === 0 && <p class="dim">Nothing changed between the two.</p>}
    </div>
  );
}
