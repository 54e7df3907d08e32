/**
 * A diagnosis as one page that can be mailed: the four steps with charts, flame graphs, source and fix. It loads nothing, runs nothing, and
 * says so to the browser; below 2 MB whatever the target made of its names.
 */
import { span, waited } from "../../base/durations.ts";
import { bytes, count, signed } from "../../base/numbers.ts";
import { isOwn } from "../../profile/group.ts";
import { shortName } from "../../profile/names.ts";
import type { Frame } from "../../profile/columns.ts";
import type { Diagnosis } from "../../diagnose/diagnose.ts";
import type { Connections, Look } from "../../diagnose/evidence.ts";
import type { Joined } from "../../diagnose/join.ts";
import type { Suspect } from "../../diagnose/suspect.ts";
import { htmlStyle } from "../html-assets.ts";
import { code, esc, inline } from "../html-text.ts";
import { sidesText, whatChanged } from "./changes-text.ts";
import { barsSvg, goroutineFlame, heapFlame, trendSvg } from "./diagnosis-charts.ts";
import { diagnosisStyle } from "./diagnosis-style.ts";
import type { DiagnosisTextOptions, Excerpt } from "./diagnosis-text.ts";
import { plain, shortFile } from "./format.ts";

export type DiagnosisHtmlOptions = Omit<DiagnosisTextOptions, "width" | "most"> & { readonly version: string };

const MOST_BYTES = 1_900_000;
/** Suspects in full, boxes of a flame graph, letters of a name: the first that fits. */
const sizes = [
  { suspects: 40, boxes: 1500, letters: 400 },
  { suspects: 20, boxes: 600, letters: 200 },
  { suspects: 8, boxes: 200, letters: 120 },
  { suspects: 2, boxes: 0, letters: 80 },
] as const;

type Size = (typeof sizes)[number];

export function diagnosisHtml(d: Diagnosis, look: Look, o: DiagnosisHtmlOptions): string {
  let page = "";
  for (const size of sizes) {
    page = new Page(d, look, o, size).html();
    if (Buffer.byteLength(page) <= MOST_BYTES) break;
  }
  return page;
}

class Page {
  constructor(
    private readonly d: Diagnosis,
    private readonly look: Look,
    private readonly o: DiagnosisHtmlOptions,
    private readonly size: Size,
  ) {}

  html(): string {
    const { look, d, o } = this;
    const name = look.process === null ? look.target : `${look.process.name} (pid ${look.process.pid})`;
    const [worst] = d.suspects;
    const title =
      worst === undefined ? `Nothing piles up in ${name}` : `${worst.status}: ${this.sizeOf(worst)} ${worst.title}`;
    return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="color-scheme" content="light dark">
<title>${this.t(name)} – Stanch</title>
<style>${htmlStyle}${diagnosisStyle}</style>
</head>
<body>
<header>
<h1>${this.t(title)}</h1>
<p class="facts">${this.t(name)} · ${this.facts()
      .map((f) => this.t(f))
      .join(" · ")}</p>
<nav aria-label="Steps"><a href="#observe">1 Observe</a> <a href="#correlate">2 Correlate</a> <a href="#trace">3 Trace</a> <a href="#attribute">4 Attribute</a></nav>
</header>
<main>
${this.changes()}
${this.observe()}
${this.correlate()}
${this.trace()}
${this.attribute()}
${this.notes()}
<p class="facts">Stanch ${esc(o.version)}</p>
</main>
</body>
</html>
`;
  }

  /** Text of the target's: shown, cut, and never markup. */
  private t(text: string): string {
    const clean = plain(text);
    return esc(clean.length <= this.size.letters ? clean : `${clean.slice(0, this.size.letters)}…`);
  }

  private facts(): string[] {
    const { look, d } = this;
    const b = look.build;
    const revision = b?.settings["vcs.revision"];
    const up =
      look.process !== null && look.process.startedMs > 0 ? (look.takenMs - look.process.startedMs) / 1000 : null;
    return [
      `${new Date(look.takenMs).toISOString().slice(0, 19).replace("T", " ")} UTC`,
      ...(b === null ? [] : [b.goVersion, b.main?.path ?? b.path].filter((f) => f !== "")),
      ...(revision === undefined ? [] : [`revision ${revision.slice(0, 12)}`]),
      ...(up === null ? [] : [`up ${span(up)}`]),
      ...(d.seconds === null || d.otherProcess ? [] : [`two looks, ${span(d.seconds)} apart`]),
    ];
  }

  private changes(): string {
    const { changes } = this.o;
    if (changes === null) return "";
    const rows = changes.list.slice(0, 100).map((c) => {
      const show = c.suspect.unit === "bytes" ? bytes : count;
      return `<tr><th scope="row"><span class="badge ${c.change}">${c.change}</span></th><td class="num">${c.before === null ? "?" : show(c.before)}</td><td class="num">${c.after === null ? "?" : show(c.after)}</td><td>${this.t(whatChanged(c))}${c.doubt === "" ? "" : `<br><span class="quiet">${esc(c.doubt)}</span>`}</td></tr>`;
    });
    const table =
      rows.length === 0
        ? "<p>Nothing piles up, before or after.</p>"
        : `<div class="scroll" tabindex="0"><table><thead><tr><th>change</th><th class="num">before</th><th class="num">after</th><th>what</th></tr></thead><tbody>${rows.join("")}</tbody></table></div>`;
    return `<section><h2>Before and after</h2><p class="facts">${this.t(sidesText(changes))}</p>${table}</section>`;
  }

  private observe(): string {
    const { d, look, o } = this;
    const levels = d.levels.map((l) => {
      const show = l.unit === "bytes" ? bytes : count;
      const share = l.limit === null || l.limit <= 0 ? null : Math.min(1, l.value / l.limit);
      return `<tr><th scope="row">${esc(l.name)}</th><td class="num">${show(l.value)}</td><td class="num${l.before !== null && l.value > l.before ? " up" : ""}">${l.before === null ? "" : signed(l.value - l.before, show)}</td><td>${l.limit === null ? "" : `of ${show(l.limit)} <meter min="0" max="1" high="0.8" value="${(share ?? 0).toFixed(3)}" aria-label="used">${Math.round(100 * (share ?? 0))} %</meter>`}</td></tr>`;
    });
    const before = new Map(
      d.suspects.map((s) => [
        s.location === null ? "" : `${s.wait}|${s.location.function}|${s.location.line}`,
        s.before,
      ]),
    );
    const bars = d.groups.slice(0, 8).map(({ group }) => {
      const at = group.own ?? group.site;
      return {
        label: `${group.wait === "" ? "running" : group.wait}  ${shortName(at.func)}  ${shortFile(at.file)}:${at.line}`,
        value: group.count,
        before: before.get(`${group.wait}|${at.func}|${at.line}`) ?? null,
      };
    });
    const rows = d.groups.map(({ group, known }) => {
      const at = group.own ?? group.site;
      return `<tr><td class="num">${count(group.count)}</td><td>${this.t(group.wait === "" ? "running" : group.wait)}${group.minutes === null ? "" : ` (${esc(waited(group.minutes))})`}</td><td><code>${this.t(shortName(at.func))}</code> ${this.t(`${shortFile(at.file)}:${at.line}`)}${known === null ? "" : ` <span class="quiet">${this.t(known)}</span>`}</td></tr>`;
    });
    const heap = d.heap.map((h) => ({
      label: `${shortName(h.frame.func)}  ${shortFile(h.frame.file)}:${h.frame.line}`,
      value: h.bytes,
      before: null,
    }));
    const past =
      o.history === null
        ? ""
        : `<h3>The last ${esc(span(o.history.end - o.history.start))} as Prometheus has it</h3><div class="charts">${o.history.trends
            .slice(0, 12)
            .map((t) => trendSvg(t, o.history as NonNullable<typeof o.history>))
            .join("")}</div>`;
    const cutShort = look.goroutines?.truncated ?? "";
    return `<section id="observe"><h2>1 Observe</h2>
<div class="scroll" tabindex="0"><table><tbody>${levels.join("")}</tbody></table></div>
${past}
<div class="charts">${barsSvg("Goroutines by what they wait for and where", bars, count)}${barsSvg("Live memory by allocating line", heap, bytes)}</div>
${cutShort === "" ? "" : `<p class="quiet">${this.t(cutShort)}</p>`}
${this.size.boxes === 0 ? "" : goroutineFlame(look.goroutines?.groups ?? [], this.size.boxes)}
${this.size.boxes === 0 || look.heap === null ? "" : heapFlame(look.heap, this.size.boxes)}
${rows.length === 0 ? "" : `<details><summary>The largest groups as a table</summary><div class="scroll" tabindex="0"><table><thead><tr><th class="num">goroutines</th><th>wait</th><th>place</th></tr></thead><tbody>${rows.join("")}</tbody></table></div></details>`}
</section>`;
  }

  private correlate(): string {
    const { d, look } = this;
    let body = "<p>Connections were not seen: the process is not on this host, or its /proc is closed.</p>";
    if (look.sockets !== null && d.connections.length === 0) body = "<p>No connections.</p>";
    else if (look.sockets !== null) {
      const rows = [
        ...d.connections.map(({ now, before }) => this.connection(now, before, "")),
        ...d.unowned.map((c) => this.connection(c, null, "already closed; only the kernel remembers")),
      ];
      body = `<div class="scroll" tabindex="0"><table><thead><tr><th class="num">connections</th><th>state</th><th>peer</th><th class="num">change</th></tr></thead><tbody>${rows.join("")}</tbody></table></div>`;
    }
    return `<section id="correlate"><h2>2 Correlate</h2>${body}</section>`;
  }

  private connection(c: Connections, before: number | null, note: string): string {
    return `<tr><td class="num">${count(c.count)}</td><td>${esc(c.state)}</td><td>${c.direction === "out" ? "to" : "from"} ${this.t(c.peer)}:${c.port}${c.unread > 0 ? `, ${count(c.unread)} with unread bytes` : ""}${note === "" ? "" : ` <span class="quiet">${esc(note)}</span>`}</td><td class="num${before !== null && c.count > before ? " up" : ""}">${before === null ? "" : signed(c.count - before, count)}</td></tr>`;
  }

  private trace(): string {
    const { look, o } = this;
    const parts: string[] = [];
    if (look.fds === null) parts.push("<p>Descriptors were not seen.</p>");
    else {
      parts.push(
        `<p>${count(look.fds.total)} descriptors open: ${esc(look.fds.byKind.map((k) => `${count(k.count)} ${k.kind}`).join(", "))}.</p>`,
      );
      const files = [
        ...look.fds.repeated.map((f) => ({ ...f, of: "×" })),
        ...look.fds.files.filter((f) => f.name.includes("*")).map((f) => ({ ...f, target: f.name, of: "of" })),
      ].filter((f) => f.count >= 5);
      if (files.length > 0)
        parts.push(
          `<ul>${files
            .slice(0, 8)
            .map((f) => `<li>${count(f.count)} ${f.of} <code>${this.t(f.target)}</code></li>`)
            .join("")}</ul>`,
        );
    }
    if (o.trace === null)
      parts.push('<p class="quiet">Who opens them was not watched (stanch diagnose --trace 30s).</p>');
    else if (o.trace.length === 0) parts.push("<p>Nothing was opened and left open while it was watched.</p>");
    for (const t of (o.trace ?? []).slice(0, 12))
      parts.push(
        `<details open><summary>${count(t.count)} ${t.kind === "borrow" ? `pool connections borrowed and not given back, the longest for ${esc(span(t.heldSeconds))}` : "opened and still open"}</summary>${this.stack(t.frames)}</details>`,
      );
    return `<section id="trace"><h2>3 Trace</h2>${parts.join("")}</section>`;
  }

  private attribute(): string {
    const { d, o } = this;
    const n = d.suspects.length;
    const full = d.suspects.slice(0, this.size.suspects).map((s, i) => this.suspect(s, i));
    const more = d.suspects
      .slice(this.size.suspects, this.size.suspects + 200)
      .map(
        (s) =>
          `<li>${s.status}: ${this.sizeOf(s)} ${this.t(s.title)}${s.location === null ? "" : ` <code>${this.t(`${shortName(s.location.function)} ${shortFile(s.location.file)}:${s.location.line}`)}</code>`}</li>`,
      );
    const rest = (o.source?.rest ?? []).slice(0, 100);
    return `<section id="attribute"><h2>4 Attribute</h2>
${n === 0 ? `<p>Nothing piles up here${d.seconds === null ? "; a slow leak shows only in two looks" : ""}.</p>` : ""}
${full.join("")}
${more.length === 0 ? "" : `<h3>And less</h3><ul>${more.join("")}</ul>`}
${rest.length === 0 ? "" : `<details><summary>In the same source, without a sign of it in this process: ${o.source?.rest.length}</summary><ul>${rest.map((f) => `<li>${esc(f.severity)} <code>${this.t(f.rule)}</code> ${this.t(`${f.file}:${f.line}`)}</li>`).join("")}</ul></details>`}
</section>`;
  }

  private suspect(s: Suspect, i: number): string {
    const { o, d } = this;
    const show = s.unit === "bytes" ? bytes : count;
    const grown =
      s.before === null || s.before === s.count
        ? ""
        : ` <span class="up">${signed(s.count - s.before, show)}${d.seconds === null ? "" : ` in ${esc(span(d.seconds))}`}</span>`;
    const facts = [
      ...(s.wait === "" ? [] : [`wait: ${s.wait}`]),
      ...(s.minutes === null ? [] : [`for ${waited(s.minutes)}`]),
      ...s.evidence,
    ];
    const at = s.location;
    const excerpt = at === null ? null : o.excerpt({ func: at.function, file: at.file, line: at.line });
    const joined = o.source?.joined[i];
    const labels = s.labels.slice(0, 5).map((l) => `${l.key}=${l.value} (${count(l.count)})`);
    return `<article class="finding ${s.status}" id="s${i + 1}">
<h3><span class="badge">${s.status}</span> ${this.sizeOf(s)} ${this.t(s.title)}${grown}</h3>
<p class="facts">${facts
      .slice(0, 12)
      .map((f) => this.t(f))
      .join(" · ")}</p>
${at === null ? "" : `<p class="place">at <code>${this.t(at.function)}</code> ${this.t(`${at.file}:${at.line}`)}</p>`}
${excerpt === null || at === null ? "" : this.excerpts([excerpt], new Map([[at.line, ""]]), [excerpt.note])}
${s.stack.length === 0 ? "" : `<details><summary>Stack</summary>${this.stack(s.stack)}${s.createdBy === null ? "" : `<p class="place">started by <code>${this.t(s.createdBy.func)}</code> ${this.t(`${shortFile(s.createdBy.file)}:${s.createdBy.line}`)}</p>`}</details>`}
${s.openedBy === null ? "" : `<p class="place">${s.kind === "pool" ? "borrowed" : "opened"} by <code>${this.t(s.openedBy.at.func)}</code> ${this.t(`${shortFile(s.openedBy.at.file)}:${s.openedBy.at.line}`)}</p>`}
${
  s.connections.length === 0
    ? ""
    : `<div class="scroll" tabindex="0"><table><tbody>${s.connections
        .slice(0, 8)
        .map((c) => this.connection(c, null, ""))
        .join("")}</tbody></table></div>`
}
${labels.length === 0 ? "" : `<p class="place">labels ${labels.map((l) => `<code>${this.t(l)}</code>`).join(" ")}</p>`}
<p>${inline(this.short(s.meaning))}</p>
${joined?.match == null ? this.ruleOf(s) : this.cause(joined)}
${s.next.length === 0 ? "" : `<ul class="next">${s.next.map((n) => `<li>${inline(this.short(n))}</li>`).join("")}</ul>`}
</article>`;
  }

  private ruleOf(s: Suspect): string {
    return s.rule === null
      ? ""
      : `<p class="place">rule <code>${this.t(s.rule)}</code> (stanch explain ${this.t(s.rule)})</p>`;
  }

  private cause({ match, chain }: Joined): string {
    if (match === null) return "";
    const { finding } = match;
    const { o } = this;
    const root = o.source?.root ?? "";
    const byFile = new Map<string, Map<number, string>>([[finding.file, new Map([[finding.line, ""]])]]);
    finding.path.slice(0, 20).forEach((step, i) => {
      const lines = byFile.get(step.file) ?? new Map<number, string>();
      const known = lines.get(step.line) ?? "";
      lines.set(step.line, `${known === "" ? "" : `${known}; `}${i + 1} ${step.message}`);
      byFile.set(step.file, lines);
    });
    const parts: string[] = [];
    for (const [file, marks] of [...byFile].slice(0, 4)) {
      const excerpts = [...marks.keys()].flatMap((line) => {
        const e = o.excerpt({ func: "", file: `${root}/${file}`, line });
        return e === null ? [] : [e];
      });
      const [first] = excerpts;
      if (first !== undefined) parts.push(this.excerpts(excerpts, marks, [file, first.note]));
      else if (finding.path.some((step) => step.file === file))
        parts.push(
          `<ol class="steps">${[...marks]
            .filter(([, m]) => m !== "")
            .map(([l, m]) => `<li>${inline(this.short(m))} (${this.t(`${file}:${l}`)})</li>`)
            .join("")}</ol>`,
        );
    }
    const diff = o.source?.fixes.get(finding.fingerprint);
    return `<h4>Cause</h4><ul class="chain">${chain
      .slice(1)
      .map((c) => `<li>${this.t(c)}</li>`)
      .join("")}</ul>
<p class="message"><span class="badge">${finding.severity}</span> <code>${this.t(finding.rule)}</code> at ${this.t(`${finding.file}:${finding.line}`)}</p>
<p>${inline(this.short(finding.message))}</p>
${parts.join("")}
${diff === undefined ? "" : `<h4>Fix, tried: ${inline(this.short(finding.fix?.title ?? ""))}</h4>${this.diff(diff)}<p class="quiet">stanch check --fix applies it.</p>`}`;
  }

  /** Parts of one file in the order of its lines; `marks` have what is said of a line, "" for nothing. */
  private excerpts(list: readonly Excerpt[], marks: ReadonlyMap<number, string>, caption: readonly string[]): string {
    const lines = new Map<number, string>();
    for (const e of list) e.lines.forEach((text, i) => lines.set(e.firstLine + i, text));
    const rows: string[] = [];
    let last = 0;
    for (const n of [...lines.keys()].sort((a, b) => a - b)) {
      if (last > 0 && n > last + 1) rows.push('<tr class="gap"><td></td><td>⋮</td></tr>');
      last = n;
      const mark = marks.get(n);
      rows.push(
        `<tr${mark === undefined ? "" : ' class="marked"'}><td class="n">${n}</td><td><code>${code(cutLine(lines.get(n) ?? ""))}</code></td></tr>`,
      );
      if (mark !== undefined && mark !== "")
        rows.push(`<tr class="step"><td></td><td><span>${inline(this.short(mark))}</span></td></tr>`);
    }
    const words = caption.filter((t) => t !== "").map((t) => this.t(t));
    return `<figure tabindex="0">${words.length === 0 ? "" : `<figcaption>${words.join(" · ")}</figcaption>`}<table class="code"><tbody>${rows.join("")}</tbody></table></figure>`;
  }

  private diff(text: string): string {
    const rows = text
      .trimEnd()
      .split("\n")
      .slice(0, 200)
      .map(
        (l) =>
          `<div class="${l.startsWith("+") ? "add" : l.startsWith("-") ? "del" : "same"}">${esc(cutLine(l))}</div>`,
      );
    return `<pre class="diff" tabindex="0">${rows.join("")}</pre>`;
  }

  private stack(frames: readonly Frame[]): string {
    const rows = frames
      .slice(0, 32)
      .map(
        (f) =>
          `<li${isOwn(f.func) ? ' class="own"' : ""}><code>${this.t(shortName(f.func))}</code>${f.file === "" ? "" : ` ${this.t(`${shortFile(f.file)}:${f.line}`)}`}</li>`,
      );
    return `<ol class="stack">${rows.join("")}</ol>${frames.length > 32 ? `<p class="quiet">and ${frames.length - 32} more frames</p>` : ""}`;
  }

  private notes(): string {
    const { problems, skipped, costs } = this.o;
    const list = [
      ...problems.slice(0, 50).map((p) => `not seen: ${p}`),
      ...skipped.slice(0, 50).map((s) => `left out: ${s}`),
    ];
    const ms = costs.reduce((sum, c) => sum + c.milliseconds, 0);
    const stall = costs.reduce((most, c) => Math.max(most, c.stallMs), 0);
    if (list.length === 0 && costs.length === 0) return "";
    return `<section><h2>What was not seen, and what it cost</h2><ul>${list.map((l) => `<li>${this.t(l)}</li>`).join("")}${costs.length === 0 ? "" : `<li>${costs.length} requests in ${ms.toFixed(0)} ms; the longest stop of the target by estimate ${stall.toFixed(1)} ms</li>`}</ul></section>`;
  }

  private sizeOf(s: Suspect): string {
    return s.unit === "bytes" ? bytes(s.count) : count(s.count);
  }

  private short(text: string): string {
    const clean = plain(text);
    return clean.length <= 1000 ? clean : `${clean.slice(0, 1000)}…`;
  }
}

function cutLine(text: string): string {
  return text.length <= 240 ? text : `${text.slice(0, 240)}…`;
}
