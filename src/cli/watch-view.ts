/** The live view: the other screen of the terminal, keys, and a terminal that is as it was whatever ends us. */
import { messageOf } from "../base/errors.ts";
import { plain } from "../report/live/format.ts";
import {
  bySeverity,
  detailScreen,
  helpScreen,
  listScreen,
  type Screen,
  type ScreenTarget,
} from "../report/live/watch-screen.ts";
import { clock } from "../report/live/watch-text.ts";
import { summaryOf, type Alert } from "../watch/alerts/alert.ts";
import { verdictsNow, type Watched, type Watcher, type WatchEvent } from "../watch/watcher.ts";
import { VerdictJoiner } from "./verdict-joiner.ts";
import { eventText } from "./watch-output.ts";

const ENTER = "\u001b[?1049h\u001b[?25l";
const LEAVE = "\u001b[?25h\u001b[?1049l";
const REDRAW_MS = 1_000;
/** Of more targets only those on the screen get today's numbers at each redraw. */
const FRESH = 60;

export class View {
  private watcher: Watcher | null = null;
  private end: (interrupted: boolean) => void = () => {};
  private timer: NodeJS.Timeout | null = null;
  private readonly startedMs = Date.now();
  private readonly messages: { timeMs: number; text: string }[] = [];
  private selected = 0;
  /** By name, so that a row that moves up takes the cursor with it. */
  private chosen: string | null = null;
  private mode: "list" | "detail" | "help" = "list";
  private before: "list" | "detail" = "list";
  private scroll = 0;
  private paused = false;
  private isOpen = false;
  private drawing: NodeJS.Immediate | null = null;
  /** Joins leaks to the source while they are watched; null where the source is not to be checked. */
  private readonly joiner: VerdictJoiner | null;
  /** Findings that a message has told of, by target. */
  private readonly told = new Map<string, Set<string>>();

  constructor(
    private readonly intervalMs: number,
    roots: readonly string[] | null,
  ) {
    const fault = (e: unknown): void => this.problem(`joining to the source: ${messageOf(e)}`);
    this.joiner = roots === null ? null : new VerdictJoiner(roots, (target) => this.joined(target), fault);
  }

  /** `end`: called for q, and for Ctrl-C, which the terminal does not send while keys are read one by one. */
  open(watcher: Watcher, end: (interrupted: boolean) => void): void {
    this.watcher = watcher;
    this.end = end;
    this.isOpen = true;
    process.stdin.setRawMode(true);
    process.stdin.setEncoding("utf8");
    process.stdin.on("data", this.onKeys);
    process.stdin.resume();
    process.stdout.on("resize", this.draw);
    process.on("exit", this.restore);
    process.on("uncaughtExceptionMonitor", this.restore);
    process.stdout.write(ENTER);
    this.timer = setInterval(this.draw, REDRAW_MS);
    this.draw();
  }

  async close(): Promise<void> {
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
    process.stdin.off("data", this.onKeys);
    process.stdin.pause();
    process.stdout.off("resize", this.draw);
    this.restore();
    process.off("exit", this.restore);
    process.off("uncaughtExceptionMonitor", this.restore);
    await this.joiner?.stop();
  }

  event(e: WatchEvent): void {
    if (e.type === "judged") this.joiner?.update(e.target);
    const text = eventText(e);
    if (text !== null && e.type !== "failed")
      this.say(`${plain(e.target.target.name)}  ${text.replace(/\u001b\[[\d;]*m/g, "")}`);
    // Many looks come at once: drawn once for all of them.
    if (e.type === "verdict" || e.type === "over" || e.type === "failed") this.soon();
  }

  private joined(name: string): void {
    const told = this.told.get(name) ?? new Set();
    this.told.set(name, told);
    for (const v of this.watcher?.targets.get(name)?.verdicts ?? []) {
      const f = this.joiner?.finding(name, v) ?? null;
      if (f === null || told.has(f.fingerprint)) continue;
      told.add(f.fingerprint);
      this.say(`${plain(name)}  source: ${f.rule} at ${f.file}:${f.line}`);
    }
    this.soon();
  }

  alert(a: Alert): void {
    this.say(`alert sent: ${summaryOf(a)}${a.bundle === null ? "" : `  evidence: ${a.bundle}`}`);
    this.soon();
  }

  problem(message: string): void {
    this.say(message);
    this.soon();
  }

  private say(text: string): void {
    this.messages.push({ timeMs: Date.now(), text });
    if (this.messages.length > 50) this.messages.shift();
  }

  private readonly restore = (): void => {
    if (!this.isOpen) return;
    this.isOpen = false;
    process.stdout.write(LEAVE);
    if (process.stdin.isTTY) process.stdin.setRawMode(false);
  };

  private soon(): void {
    this.drawing ??= setImmediate(() => {
      this.drawing = null;
      this.draw();
    });
  }

  private readonly onKeys = (data: string): void => {
    // Keys that were pressed while we were busy come in one piece.
    for (const key of data.match(/\u001b(?:\[[\d;]*[A-Za-z~]|O[A-Z])|[^]/g) ?? []) this.onKey(key);
    this.draw();
  };

  private onKey(key: string): void {
    if (key === "\u0003" || key === "q" || key === "\u0004") {
      this.end(key === "\u0003");
      return;
    }
    if (this.mode === "help") {
      this.mode = this.before;
      return;
    }
    const rows = Math.max(1, (process.stdout.rows || 24) - 5);
    switch (key) {
      case "?":
      case "h":
        this.before = this.mode;
        this.mode = "help";
        break;
      case "p":
      case " ":
        this.paused = !this.paused;
        this.watcher?.pause(this.paused);
        break;
      case "\u001b[A":
      case "\u001bOA":
      case "k":
        this.move(-1);
        break;
      case "\u001b[B":
      case "\u001bOB":
      case "j":
        this.move(1);
        break;
      case "\u001b[5~":
        this.move(-rows);
        break;
      case "\u001b[6~":
        this.move(rows);
        break;
      case "\r":
      case "\n":
      case "\u001b[C":
      case "\u001bOC":
        if (this.mode === "list") {
          this.mode = "detail";
          this.scroll = 0;
        }
        break;
      case "\u001b":
      case "\u001b[D":
      case "\u001bOD":
      case "\u007f":
        this.mode = "list";
        break;
      default:
        break;
    }
  }

  private move(by: number): void {
    if (this.mode === "detail") {
      this.scroll = Math.max(0, this.scroll + by);
      return;
    }
    const all = this.sorted();
    this.selected = Math.max(0, Math.min(all.length - 1, this.selected + by));
    this.chosen = all[this.selected]?.name ?? null;
  }

  private sorted(): ScreenTarget[] {
    return [...(this.watcher?.targets.values() ?? [])].map((w) => shown(w, this.joiner)).sort(bySeverity);
  }

  private readonly draw = (): void => {
    if (!this.isOpen || this.watcher === null) return;
    const { targets } = this.watcher;
    if (targets.size <= FRESH) for (const w of targets.values()) verdictsNow(w);
    else if (this.chosen !== null && this.mode === "detail") {
      const w = targets.get(this.chosen);
      if (w !== undefined) verdictsNow(w);
    }
    const all = this.sorted();
    // Of many targets those that never had a change have no verdicts yet: asked for where they are seen.
    if (targets.size > FRESH)
      for (const t of all.slice(Math.max(0, this.selected - FRESH), this.selected + FRESH)) {
        const w = targets.get(t.name);
        if (w !== undefined) verdictsNow(w);
      }
    const at = this.chosen === null ? -1 : all.findIndex((t) => t.name === this.chosen);
    this.selected = at >= 0 ? at : Math.max(0, Math.min(this.selected, all.length - 1));
    if (this.mode === "detail") this.chosen = all[this.selected]?.name ?? null;
    const now = Date.now();
    const screen: Screen = {
      columns: Math.max(20, process.stdout.columns || 80),
      rows: Math.max(5, process.stdout.rows || 24),
      nowMs: now,
      startedMs: this.startedMs,
      intervalMs: this.intervalMs,
      paused: this.paused,
      messages: this.messages.filter((m) => now - m.timeMs < 60_000).map((m) => `${clock(m.timeMs)}  ${m.text}`),
    };
    const current = all[this.selected] as ScreenTarget | undefined;
    const lines =
      this.mode === "help"
        ? helpScreen(screen)
        : this.mode === "detail" && current !== undefined
          ? detailScreen(screen, current, this.scroll)
          : listScreen(screen, all, this.selected);
    // One write between the marks of a synchronised update: no flicker where the terminal knows them.
    process.stdout.write(`\u001b[?2026h\u001b[H${lines.map((l) => `${l}\u001b[K`).join("\r\n")}\u001b[J\u001b[?2026l`);
  };
}

function shown(w: Watched, joiner: VerdictJoiner | null): ScreenTarget {
  const p = w.process;
  const who = [
    p?.pid == null ? "" : `pid ${p.pid}`,
    p?.goVersion ?? "",
    p?.module ?? "",
    p?.revision?.slice(0, 10) ?? "",
  ];
  return {
    name: w.target.name,
    failure: w.failure,
    looks: w.looks,
    firstMs: w.firstMs,
    who: who.filter((x) => x !== "").join(" · "),
    verdicts: w.verdicts,
    trail: (kind, name) => w.trail.values(kind, name),
    finding: (v) => joiner?.finding(w.target.name, v) ?? null,
  };
}
