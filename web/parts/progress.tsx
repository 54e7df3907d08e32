/** What is being done, and how far it is where that is known. */
import type { JSX } from "preact";
import type { Stage } from "../profiles/messages.ts";

export function Progress({ stage, waiting }: { readonly stage: Stage | null; readonly waiting: string }): JSX.Element {
  const words = stage?.words ?? waiting;
  const done = stage?.done ?? null;
  return (
    <p class="waiting" role="status">
      {words} <progress aria-label={words} {...(done === null ? {} : { value: done })} />
    </p>
  );
}
