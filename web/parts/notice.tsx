/** What is shown instead of content: nothing yet, nothing there, or an error with what to do. */
import type { ComponentChildren, JSX } from "preact";
import type { Asked } from "../ask.ts";

export function Notice({
  title,
  children,
}: {
  readonly title: string;
  readonly children?: ComponentChildren;
}): JSX.Element {
  return (
    <div class="notice">
      <p class="notice-title">{title}</p>
      {children}
    </div>
  );
}

/** The content once it is there; an error beside what was there before. */
export function Loaded<T>({
  asked,
  waiting,
  children,
}: {
  readonly asked: Asked<T>;
  readonly waiting?: string;
  readonly children: (data: T) => ComponentChildren;
}): JSX.Element {
  return (
    <>
      {asked.error !== null && (
        <div class="trouble" role="alert">
          {asked.error}{" "}
          <button type="button" onClick={asked.again}>
            Try again
          </button>
        </div>
      )}
      {asked.data !== null ? (
        children(asked.data)
      ) : asked.error === null ? (
        <p class="waiting" role="status">
          {waiting ?? "Loading…"}
        </p>
      ) : null}
    </>
  );
}

export function Time({ ms }: { readonly ms: number }): JSX.Element {
  const d = new Date(ms);
  const today = new Date().toDateString() === d.toDateString();
  return (
    <time dateTime={d.toISOString()} title={`${d.toISOString().replace("T", " ").slice(0, 19)} UTC`}>
      {today
        ? d.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" })
        : d.toLocaleString([], { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" })}
    </time>
  );
}
