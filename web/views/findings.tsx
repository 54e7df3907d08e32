/** What `stanch check` finds in the source roots; what bleeds first. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { CheckedView, FindingsReply } from "../../src/server/api.ts";
import { useAsk } from "../ask.ts";
import { Code, Diff } from "../parts/code.tsx";
import { Link } from "../parts/link.tsx";
import { Loaded, Notice } from "../parts/notice.tsx";
import { setQuery, targetPath } from "../route.ts";

export function Findings({ query }: { readonly query: URLSearchParams }): JSX.Element {
  const [turn, again] = useState(0);
  const asked = useAsk<FindingsReply>("/api/findings", turn);
  const wanted = (query.get("q") ?? "").toLowerCase();
  const severity = query.get("severity");
  return (
    <>
      <h1>Findings</h1>
      <Loaded asked={asked} waiting="Checking the source…">
        {(r) => {
          const fitting = r.findings.filter(
            (f) =>
              (severity === null || f.severity === severity) &&
              (wanted === "" || `${f.rule} ${f.file} ${f.function} ${f.message}`.toLowerCase().includes(wanted)),
          );
          return (
            <>
              <div class="filters" role="group" aria-label="Severity">
                {(["error", "warning", "note"] as const).map((s) => (
                  <button
                    key={s}
                    type="button"
                    aria-pressed={severity === s}
                    onClick={() => setQuery({ severity: severity === s ? null : s })}
                  >
                    {s} {r.findings.filter((f) => f.severity === s).length}
                  </button>
                ))}
                <span class="dim">
                  {r.packages} packages below {r.root === "" ? "nothing" : r.root}
                </span>
                <button type="button" onClick={() => again(turn + 1)}>
                  Check again
                </button>
              </div>
              {r.problems.slice(0, 5).map((p) => (
                <p key={p} class="warn small">
                  {p}
                </p>
              ))}
              {r.root === "" ? (
                <Notice title="No source to check">
                  <p>
                    Start <code>stanch serve</code> in the folder of the module, or name folders under{" "}
                    <code>server.source-roots</code> in <code>stanch.yaml</code>.
                  </p>
                </Notice>
              ) : fitting.length === 0 ? (
                <Notice title={r.findings.length === 0 ? "Nothing found" : "No finding fits"} />
              ) : (
                fitting.slice(0, 200).map((f) => <Finding key={`${f.fingerprint} ${f.line}`} f={f} />)
              )}
            </>
          );
        }}
      </Loaded>
    </>
  );
}

function Finding({ f }: { readonly f: CheckedView }): JSX.Element {
  const [open, set] = useState(f.live.length > 0);
  return (
    <article class={`finding ${f.severity}`}>
      <h2>
        <button type="button" class="plain" aria-expanded={open} onClick={() => set(!open)}>
          <span aria-hidden="true">{open ? "▾" : "▸"}</span> <span class={`severity ${f.severity}`}>{f.severity}</span>{" "}
          {f.rule}{" "}
          <span class="dim">
            {f.file}:{f.line}
          </span>
        </button>
      </h2>
      <p>{f.message}</p>
      {f.live.map((l) => (
        <p key={`${l.target} ${l.label}`} class="grew">
          ▲ bleeding in <Link to={targetPath(l.target, "suspects")}>{l.target}</Link>: {l.label}
        </p>
      ))}
      {open && (
        <>
          <Code
            file={f.file}
            line={f.line}
            target={null}
            around={10}
            steps={new Map(f.path.filter((p) => p.file === f.file).map((p) => [p.line, p.message]))}
          />
          {f.fix !== null && <Diff text={f.fix} />}
        </>
      )}
    </article>
  );
}
