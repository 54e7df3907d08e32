/** Lines of a source file with one in the middle, as text: whatever a name holds, it is never markup. */
import type { JSX } from "preact";
import type { SourceReply } from "../../src/server/api.ts";
import { useAsk } from "../ask.ts";
import { Loaded } from "./notice.tsx";

/** The height of a line of source. */
const LINE_REM = 1.18;

export function Code({
  file,
  line,
  target,
  around = 8,
  steps = new Map(),
}: {
  readonly file: string;
  readonly line: number;
  readonly target: string | null;
  readonly around?: number;
  /** Notes at lines: the steps of a path. */
  readonly steps?: ReadonlyMap<number, string>;
}): JSX.Element {
  const query = new URLSearchParams({ file, line: String(line), around: String(around) });
  if (target !== null) query.set("target", target);
  const asked = useAsk<SourceReply>(line > 0 ? `/api/source?${query.toString()}` : null);
  if (line <= 0) return <p class="dim">No line is known.</p>;
  // While it is read, the room that it will take: what is below does not jump.
  if (asked.data === null && asked.error === null)
    return (
      <p class="waiting" role="status" style={{ minHeight: `${(2 * around + 1) * LINE_REM + 2.6}rem` }}>
        Reading the source…
      </p>
    );
  return (
    <Loaded asked={asked}>
      {(s) => (
        <figure class="code">
          <figcaption>
            {s.from}
            {s.note !== "" && <span class="warn"> · {s.note}</span>}
          </figcaption>
          <pre tabIndex={0} aria-label={`Source of ${file} around line ${line}`}>
            {s.lines.map((text, i) => {
              const n = s.firstLine + i;
              return (
                <div key={n} class={n === line ? "line hit" : steps.has(n) ? "line step" : "line"}>
                  <span class="number">{n}</span>
                  <span class="text">{text === "" ? " " : text.replaceAll("\t", "    ")}</span>
                  {steps.has(n) && <span class="note">{steps.get(n)}</span>}
                </div>
              );
            })}
          </pre>
        </figure>
      )}
    </Loaded>
  );
}

/** A unified diff, line by line. */
export function Diff({ text }: { readonly text: string }): JSX.Element {
  return (
    <pre class="diff" tabIndex={0} aria-label="The fix as a diff">
      {text
        .trimEnd()
        .split("\n")
        .map((l, i) => (
          <div
            key={i}
            class={l.startsWith("+") ? "added" : l.startsWith("-") ? "removed" : l.startsWith("@@") ? "hunk" : ""}
          >
            {l === "" ? " " : l.replaceAll("\t", "    ")}
          </div>
        ))}
    </pre>
  );
}
