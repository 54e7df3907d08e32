/** A state: a mark, a word and a colour, so that the colour is never alone. */
import type { JSX } from "preact";
import type { State } from "../../src/server/api.ts";
import { stateWords } from "../words.ts";

const marks: Readonly<Record<State, string>> = { leak: "▲", undecided: "?", healthy: "✓", failing: "✕", starting: "…" };

export function Badge({ state, note }: { readonly state: State; readonly note?: string }): JSX.Element {
  return (
    <span class={`badge ${state}`}>
      <span aria-hidden="true">{marks[state]}</span> {note ?? stateWords[state]}
    </span>
  );
}
