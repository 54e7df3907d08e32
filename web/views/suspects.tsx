/** The four steps as a page one can send to a colleague: what was seen, what is suspected, the line, the fix. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { span } from "../../src/base/durations.ts";
import { amount, count, counted, signed } from "../../src/base/numbers.ts";
import { useAsk } from "../ask.ts";
import { Code, Diff } from "../parts/code.tsx";
import { Link } from "../parts/link.tsx";
import { Loaded, Notice, Time } from "../parts/notice.tsx";
import { shortFile, shortName } from "../words.ts";

interface Frame {
  readonly function: string;
  readonly file: string;
  readonly line: number;
}

interface Place {
  readonly rule: string;
  readonly severity: string;
  readonly file: string;
  readonly line: number;
}

/** The parts of stanch.diagnose/1 (docs/formats/diagnose.md) that are shown. */
export interface Diagnosis {
  readonly taken: string;
  readonly seconds: number | null;
  readonly observe: {
    readonly levels: readonly {
      name: string;
      unit: "count" | "bytes";
      value: number;
      before: number | null;
      limit: number | null;
    }[];
  };
  readonly correlate: {
    readonly connections: readonly {
      state: string;
      direction: string;
      peer: string;
      port: number;
      count: number;
      before: number | null;
      unread: number;
    }[];
  };
  readonly trace: {
    readonly descriptors: { total: number; byKind: readonly { kind: string; count: number }[] } | null;
  };
  readonly attribute: readonly Suspect[];
  readonly withoutEvidence: readonly Place[];
  readonly problems: readonly string[];
  readonly skipped: readonly string[];
}

interface Suspect {
  readonly kind: string;
  readonly status: "leak" | "likely" | "possible";
  readonly title: string;
  readonly count: number;
  readonly before: number | null;
  readonly unit: string;
  readonly wait: string;
  readonly location: Frame | null;
  readonly stack: readonly Frame[];
  readonly createdBy: Frame | null;
  readonly evidence: readonly string[];
  readonly meaning: string;
  readonly next: readonly string[];
  readonly rule: string | null;
  readonly chain: readonly string[];
  readonly connections: readonly { state: string; direction: string; peer: string; port: number; count: number }[];
  readonly finding:
    | (Place & {
        readonly message: string;
        readonly tie: string;
        readonly path: readonly { file: string; line: number; message: string }[];
        readonly fix: string | null;
      })
    | null;
}

export function Suspects({ name }: { readonly name: string }): JSX.Element {
  const [turn, again] = useState(0);
  const address = `/api/targets/${encodeURIComponent(name)}/diagnosis`;
  const asked = useAsk<Diagnosis>(address, turn);
  return (
    <Loaded asked={asked} waiting="Looking at the process, then at its source…">
      {(d) => (
        <div class="steps">
          <div class="filters">
            <span class="dim">
              Looked at <Time ms={Date.parse(d.taken)} />
              {d.seconds !== null && `, against ${span(d.seconds)} before`}
            </span>
            <button type="button" onClick={() => again(turn + 1)}>
              Look again
            </button>
            <a class="button" href={`${address}.md`} download>
              Markdown for the ticket
            </a>
            <a class="button" href={`${address}.html`} download>
              HTML to send
            </a>
            <CopyLink />
          </div>
          <Steps d={d} target={name} />
        </div>
      )}
    </Loaded>
  );
}

/** A browser lets a page write to the clipboard on https and loopback only; elsewhere the address itself is what one copies. */
function CopyLink(): JSX.Element | null {
  const [copied, set] = useState(false);
  if (navigator.clipboard === undefined) return null;
  const copy = (): void => {
    navigator.clipboard.writeText(window.location.href).then(
      () => set(true),
      () => set(false),
    );
  };
  return (
    <button type="button" onClick={copy}>
      {copied ? "The link is copied" : "Copy the link"}
    </button>
  );
}

/** The four steps; `target` null: of a bundle, whose frames nobody here may resolve by a process. */
export function Steps({ d, target }: { readonly d: Diagnosis; readonly target: string | null }): JSX.Element {
  return (
    <>
      {d.attribute.length > 0 && (
        <ol class="suspects" aria-label="Suspects">
          {d.attribute.slice(0, 5).map((s, i) => (
            <li key={i}>
              <span class={`badge ${s.status === "possible" ? "undecided" : "leak"}`}>{marks[s.status]}</span>{" "}
              <a href={`#suspect-${i + 1}`}>
                {amount(s.count, s.unit === "bytes" ? "bytes" : "count")} {s.title}
              </a>
              {s.finding !== null && (
                <span class="dim">
                  {" "}
                  {s.finding.rule} at {s.finding.file}:{s.finding.line}
                  {s.finding.fix === null ? "" : ", with a fix"}
                </span>
              )}
            </li>
          ))}
        </ol>
      )}
      <section>
        <h2>1 Observe</h2>
        <div class="scroll" tabIndex={0}>
          <table class="levels">
            <tbody>
              {d.observe.levels.map((l) => (
                <tr key={l.name}>
                  <th scope="row">{l.name}</th>
                  <td class="number">{amount(l.value, l.unit)}</td>
                  <td class={`number ${l.before !== null && l.value > l.before ? "grew" : "dim"}`}>
                    {l.before === null || l.before === l.value
                      ? ""
                      : signed(l.value - l.before, (n) => amount(n, l.unit))}
                  </td>
                  <td class="dim">{l.limit === null ? "" : `of ${amount(l.limit, l.unit)}`}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </section>
      <section>
        <h2>2 Correlate</h2>
        {d.correlate.connections.length === 0 ? (
          <p class="dim">No connections were seen.</p>
        ) : (
          <ul class="plain-list">
            {d.correlate.connections.slice(0, 8).map((c, i) => (
              <li key={i}>
                <span class="number">{count(c.count)}</span> {c.state} {c.direction === "out" ? "→" : "←"} {c.peer}:
                {c.port}
                {c.before !== null && c.count > c.before && <span class="grew"> +{c.count - c.before}</span>}
                {c.unread > 0 && <span class="dim"> · {c.unread} with unread bytes</span>}
              </li>
            ))}
          </ul>
        )}
      </section>
      <section>
        <h2>3 Trace</h2>
        <p>
          {d.trace.descriptors === null
            ? "Descriptors were not seen."
            : `${count(d.trace.descriptors.total)} descriptors open: ${d.trace.descriptors.byKind.map((k) => `${count(k.count)} ${k.kind}`).join(", ")}.`}
        </p>
      </section>
      <section>
        <h2>4 Attribute</h2>
        {d.attribute.length === 0 ? (
          <Notice title="Nothing piles up here">
            <p>A slow leak shows over time: see the signals.</p>
          </Notice>
        ) : (
          d.attribute.map((s, i) => <SuspectCard key={i} s={s} number={i + 1} target={target} />)
        )}
      </section>
      {d.withoutEvidence.length > 0 && (
        <section>
          <h2>In the same source, without a sign of it in this process</h2>
          <ul class="plain-list">
            {d.withoutEvidence.slice(0, 20).map((f) => (
              <li key={`${f.rule} ${f.file}:${f.line}`}>
                {f.rule} <span class="dim">{`${f.file}:${f.line}`}</span>
              </li>
            ))}
          </ul>
          <Link to="/findings">All findings</Link>
        </section>
      )}
      {d.problems.map((p) => (
        <p key={p} class="warn small">
          not seen: {p}
        </p>
      ))}
      {d.skipped.map((p) => (
        <p key={p} class="dim small">
          left out: {p}
        </p>
      ))}
    </>
  );
}

const marks = { leak: "▲ leak", likely: "▲ likely", possible: "? possible" } as const;

function SuspectCard({
  s,
  number,
  target,
}: {
  readonly s: Suspect;
  readonly number: number;
  readonly target: string | null;
}): JSX.Element {
  const unit = s.unit === "bytes" ? "bytes" : "count";
  const f = s.finding;
  return (
    <article class={`verdict ${s.status === "possible" ? "undecided" : "leak"}`} id={`suspect-${number}`}>
      <h3>
        <span class={`badge ${s.status === "possible" ? "undecided" : "leak"}`}>{marks[s.status]}</span>{" "}
        {amount(s.count, unit)} {s.title}
        {s.before !== null && s.count > s.before && <span class="grew"> +{amount(s.count - s.before, unit)}</span>}
      </h3>
      <p>{s.meaning}</p>
      {s.chain.length > 0 && (
        <ol class="chain" aria-label="How one gets from the signal to the line">
          {s.chain.map((c) => (
            <li key={c}>{c}</li>
          ))}
        </ol>
      )}
      {f !== null ? (
        <section class="cause">
          <h4>
            Cause: {f.rule} at {f.file}:{f.line}
          </h4>
          <p>{f.message}</p>
          <Code
            file={f.file}
            line={f.line}
            target={target}
            around={10}
            steps={new Map(f.path.filter((p) => p.file === f.file).map((p) => [p.line, p.message]))}
          />
          {f.fix !== null && (
            <>
              <h4>Fix, tried</h4>
              <Diff text={f.fix} />
            </>
          )}
        </section>
      ) : (
        s.location !== null && (
          <section class="cause">
            <h4>
              Look at {shortName(s.location.function)} {shortFile(s.location.file)}:{s.location.line}
            </h4>
            <Code file={s.location.file} line={s.location.line} target={target} />
          </section>
        )
      )}
      {s.next.length > 0 && (
        <>
          <h4>Next</h4>
          <ul>
            {s.next.map((n) => (
              <li key={n}>{n}</li>
            ))}
          </ul>
        </>
      )}
      <details>
        <summary>{counted(s.stack.length, "frame")}</summary>
        <ol class="frames">
          {s.stack.map((x, i) => (
            <li key={i}>
              {shortName(x.function)} <span class="dim">{x.line > 0 ? `${shortFile(x.file)}:${x.line}` : ""}</span>
            </li>
          ))}
        </ol>
      </details>
    </article>
  );
}
