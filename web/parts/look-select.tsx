/** One of a target's stored looks by its time, or what stands for none; the choice is in the address. */
import type { ComponentChildren, JSX } from "preact";
import type { StoredProfileView } from "../../src/server/api.ts";
import { setQuery } from "../route.ts";
import { clock, utc } from "../words.ts";

export function LookSelect({
  label,
  param,
  looks,
  chosen,
  none,
  children,
}: {
  readonly label: string;
  readonly param: string;
  readonly looks: readonly StoredProfileView[];
  readonly chosen: string | null;
  readonly none: string;
  /** Options besides the stored looks. */
  readonly children?: ComponentChildren;
}): JSX.Element {
  return (
    <label>
      {label}{" "}
      <select value={chosen ?? ""} onChange={(e) => setQuery({ [param]: e.currentTarget.value })}>
        <option value="">{none}</option>
        {children}
        {looks.map((look) => (
          <option key={look.hash} value={look.hash} title={utc(look.timeMs)}>
            {clock(look.timeMs)}
          </option>
        ))}
      </select>
    </label>
  );
}
