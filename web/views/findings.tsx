/** What `stanch check` finds in the source roots; what bleeds first. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { amount } from "../../src/base/numbers.ts";
import type { CheckedView, FindingsReply, FixReply } from "../../src/server/api.ts";
import { useAsk } from "../ask.ts";
import { Code, Diff } from "../parts/code.tsx";
import { Link } from "../parts/link.tsx";
import { Loaded, Notice, Time } from "../parts/notice.tsx";
import { setQuery, targetPath } from "../route.ts";
import { kindWords, growthText } from "../words.ts";

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
                <Notice title={r.findings.length === 0 ? "Nothing found" : "No finding fits"}>
                  {r.findings.length > 0 && (
                    <button type="button" onClick={() => setQuery({ q: null, severity: null })}>
                      Show all
                    </button>
                  )}
                </Notice>
              ) : (
                <>
                  {fitting.slice(0, 200).map((f) => (
                    <Finding
                      key={`${f.fingerprint} ${f.line}`}
                      f={f}
                      open={query.has("open") ? query.get("open") === f.fingerprint : f.live.length > 0}
                    />
                  ))}
                  {fitting.length > 200 && (
                    <p class="dim">{fitting.length - 200} more: search by rule, file or function to see them.</p>
                  )}
                </>
              )}
            </>
          );
        }}
      </Loaded>
    </>
  );
}

/** What bleeds is open until somebody chooses; the choice is in the address. */
function Finding({ f, open }: { readonly f: CheckedView; readonly open: boolean }): JSX.Element {
  return (
    <article class={`finding ${f.severity}`}>
      <h2>
        <button
          type="button"
          class="plain"
          data-step
          aria-expanded={open}
          onClick={() => setQuery({ open: open ? "none" : f.fingerprint })}
        >
          <span aria-hidden="true">{open ? "▾" : "▸"}</span> <span class={`severity ${f.severity}`}>{f.severity}</span>{" "}
          {f.rule}{" "}
          <span class="dim">
            {f.file}:{f.line}
          </span>
        </button>
      </h2>
      <p>{f.message}</p>
      {open && (
        <div class={f.live.length > 0 ? "evidence-columns" : ""}>
          <div>
            <Code
              file={f.file}
              line={f.line}
              target={null}
              around={10}
              steps={new Map(f.path.filter((p) => p.file === f.file).map((p) => [p.line, p.message]))}
            />
            {f.path
              .filter((p) => p.file !== f.file)
              .map((p) => (
                <p key={`${p.file}:${p.line} ${p.message}`} class="dim">
                  {p.file}:{p.line} {p.message}
                </p>
              ))}
            {f.fix !== null && <Fix fingerprint={f.fingerprint} title={f.fix} />}
          </div>
          {f.live.length > 0 && (
            <section aria-label={`What bleeds of ${f.rule} at ${f.file}:${f.line}`}>
              <h3>Bleeding now</h3>
              <ul class="plain-list">
                {f.live.map((l) => (
                  <li key={`${l.target} ${l.kind} ${l.label}`}>
                    <strong class="grew">
                      ▲ {amount(l.value, l.growth?.unit ?? "count")} {growthText(l.growth)}
                    </strong>{" "}
                    {kindWords[l.kind]}
                    {l.since !== null && (
                      <>
                        {" "}
                        since <Time ms={Date.parse(l.since)} />
                      </>
                    )}
                    <br />
                    <Link to={targetPath(l.target, "suspects")}>{l.target}</Link>
                    <div class="dim small">
                      {l.label} · {ties[l.tie] ?? l.tie}
                    </div>
                  </li>
                ))}
              </ul>
            </section>
          )}
        </div>
      )}
    </article>
  );
}

const ties: Readonly<Record<string, string>> = {
  line: "a frame stands on its line",
  function: "a frame stands in its function",
  signature: "its leak looks like this",
};

/** Tried when somebody asks: it takes a check of the package. */
function Fix({ fingerprint, title }: { readonly fingerprint: string; readonly title: string }): JSX.Element {
  const [wanted, want] = useState(false);
  const asked = useAsk<FixReply>(wanted ? `/api/findings/${encodeURIComponent(fingerprint)}/fix` : null);
  return (
    <section>
      <h3>Fix: {title}</h3>
      {wanted ? (
        <Loaded asked={asked} waiting="Trying the fix in memory…">
          {(fix) =>
            fix.diff === null ? (
              <p class="dim">{fix.why}</p>
            ) : (
              <>
                <Diff text={fix.diff} />
                <p class="dim small">
                  Tried: with it the finding is gone and none has come. <code>stanch check --fix</code> writes it.
                </p>
              </>
            )
          }
        </Loaded>
      ) : (
        <button type="button" onClick={() => want(true)}>
          Show it as a diff
        </button>
      )}
    </section>
  );
}
