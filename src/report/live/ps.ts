/** The list of Go processes. */
import pc from "picocolors";
import { span } from "../../base/durations.ts";
import { bytes, count } from "../../base/numbers.ts";
import { fit, plain } from "./format.ts";

/** What is shown of a process; filled by the discovery probe. */
export interface PsRow {
  readonly process: {
    readonly pid: number;
    readonly name: string;
    readonly startedMs: number;
    readonly rssBytes: number;
    readonly threads: number;
    readonly maxFds: number;
    readonly uid: number;
    readonly foreignNet: boolean;
    readonly cmdline: readonly string[];
  };
  readonly build: {
    readonly goVersion: string;
    readonly path: string;
    readonly main: { readonly path: string; readonly version: string } | null;
    readonly settings: Readonly<Record<string, string>>;
  };
  readonly fds: number | null;
  readonly sockets: {
    readonly total: number;
    readonly listening: readonly { readonly address: string; readonly port: number }[];
  } | null;
  readonly pprof: { readonly base: string; readonly goroutines: number | null } | null;
  readonly gopsPort: number | null;
  readonly problems: readonly string[];
}

export interface PsList {
  readonly processes: readonly PsRow[];
  readonly unreadable: number;
}

export function psText(list: PsList, width: number, nowMs: number): string {
  if (list.processes.length === 0)
    return `no Go process found${list.unreadable > 0 ? `; ${list.unreadable} process${list.unreadable === 1 ? "" : "es"} may not be read by this user` : ""}\n`;
  const rows = [...list.processes]
    .sort((a, b) => (b.pprof?.goroutines ?? 0) - (a.pprof?.goroutines ?? 0) || (b.fds ?? 0) - (a.fds ?? 0))
    .map((p) => {
      const main = p.build.main?.path || p.build.path || p.process.name;
      const version = p.build.main?.version ?? "";
      const revision = p.build.settings["vcs.revision"] ?? "";
      const what = `${main}${version !== "" && version !== "(devel)" ? `@${version}` : revision === "" ? "" : `@${revision.slice(0, 10)}`}`;
      const ports = [...new Set(p.sockets?.listening.map((l) => l.port) ?? [])].sort((a, b) => a - b);
      return {
        pid: String(p.process.pid),
        go: p.build.goVersion.replace(/^go/, ""),
        what,
        goroutines: p.pprof?.goroutines == null ? "–" : count(p.pprof.goroutines),
        fds: p.fds === null ? "–" : count(p.fds),
        sockets: p.sockets === null ? "–" : count(p.sockets.total),
        rss: bytes(p.process.rssBytes),
        up: span((nowMs - p.process.startedMs) / 1000),
        ports: ports.length === 0 ? "–" : ports.length > 4 ? `${ports.slice(0, 4).join(",")},…` : ports.join(","),
        pprof:
          p.pprof !== null
            ? p.pprof.base.replace(/^http:\/\/(?:127\.0\.0\.1|\[::1\]|localhost)(?=:)/, "").replace(/\/$/, "")
            : p.gopsPort !== null
              ? `gops :${p.gopsPort}`
              : "no",
        near:
          p.fds !== null &&
          Number.isFinite(p.process.maxFds) &&
          p.process.maxFds > 0 &&
          p.fds >= 0.8 * p.process.maxFds,
        problem: p.problems[0] ?? "",
      };
    });
  const columns = [
    ["PID", "pid", true],
    ["GO", "go", false],
    ["GOROUTINES", "goroutines", true],
    ["FDS", "fds", true],
    ["SOCKETS", "sockets", true],
    ["RSS", "rss", true],
    ["UP", "up", true],
    ["PORTS", "ports", false],
    ["PPROF", "pprof", false],
  ] as const;
  const widths = columns.map(([title, key]) => Math.max(title.length, ...rows.map((r) => r[key].length)));
  const used = widths.reduce((a, b) => a + b + 2, 0);
  const rest = Math.max(16, width - used);
  const line = (cells: readonly string[], last: string): string =>
    `${cells.map((c, i) => (columns[i][2] ? c.padStart(widths[i]) : c.padEnd(widths[i]))).join("  ")}  ${last}`;
  const out = [
    pc.dim(
      line(
        columns.map((c) => c[0]),
        "PROGRAM",
      ),
    ),
  ];
  for (const r of rows) {
    const text = line(
      columns.map(([, key]) => r[key]),
      plain(fit(r.what, rest)),
    );
    out.push(r.near ? pc.yellow(text) : text);
    if (r.problem !== "") out.push(pc.dim(`${" ".repeat(widths[0] + 2)}${plain(r.problem)}`));
  }
  if (list.unreadable > 0)
    out.push(
      pc.dim(`${list.unreadable} more process${list.unreadable === 1 ? "" : "es"} may not be read by this user`),
    );
  return `${out.join("\n")}\n`;
}

/** Schema stanch.ps/1; see docs/formats/ps.md. */
export function psJson(list: PsList): string {
  return `${JSON.stringify(
    {
      schema: "stanch.ps/1",
      processes: list.processes.map((p) => ({
        pid: p.process.pid,
        name: p.process.name,
        started: new Date(p.process.startedMs).toISOString(),
        uid: p.process.uid,
        cmdline: p.process.cmdline,
        goVersion: p.build.goVersion,
        path: p.build.path,
        module: p.build.main?.path ?? null,
        version: p.build.main?.version ?? null,
        revision: p.build.settings["vcs.revision"] ?? null,
        modified: p.build.settings["vcs.modified"] === "true",
        listening: p.sockets?.listening ?? null,
        pprof: p.pprof?.base ?? null,
        gopsPort: p.gopsPort,
        goroutines: p.pprof?.goroutines ?? null,
        descriptors: p.fds,
        descriptorLimit: Number.isFinite(p.process.maxFds) ? p.process.maxFds : null,
        sockets: p.sockets?.total ?? null,
        rssBytes: p.process.rssBytes,
        threads: p.process.threads,
        foreignNetwork: p.process.foreignNet,
        problems: p.problems,
      })),
      unreadable: list.unreadable,
    },
    null,
    2,
  )}\n`;
}
