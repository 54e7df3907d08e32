/** Suspects in the numbers that connection pools publish (go_sql_*, pgxpool_*, HikariCP, Druid). */
import type { Look } from "./evidence.ts";
import { scoreOf, type Suspect } from "./suspect.ts";

interface Pool {
  readonly name: string;
  readonly inUse: number;
  readonly max: number;
  readonly waiting: number;
  /** Total waits since the start, where published. */
  readonly waits: number | null;
}

interface Names {
  readonly label: readonly string[];
  readonly inUse: string;
  readonly max: string;
  readonly waiting: string;
  readonly waits: string;
}

const families: readonly Names[] = [
  {
    label: ["db_name", "db"],
    inUse: "go_sql_in_use_connections",
    max: "go_sql_max_open_connections",
    waiting: "",
    waits: "go_sql_wait_count_total",
  },
  {
    label: ["pool", "db_name", "db"],
    inUse: "pgxpool_acquired_conns",
    max: "pgxpool_max_conns",
    waiting: "",
    waits: "pgxpool_empty_acquire_count",
  },
  {
    label: ["pool"],
    inUse: "hikaricp_connections_active",
    max: "hikaricp_connections_max",
    waiting: "hikaricp_connections_pending",
    waits: "hikaricp_connections_timeout_total",
  },
  { label: ["name", "pool"], inUse: "jdbc_connections_active", max: "jdbc_connections_max", waiting: "", waits: "" },
  {
    label: ["name"],
    inUse: "druid_active_count",
    max: "druid_max_active",
    waiting: "druid_wait_thread_count",
    waits: "druid_not_empty_wait_count",
  },
];

export function readPools(metrics: Look["metrics"]): Pool[] {
  const out: Pool[] = [];
  for (const f of families) {
    const value = (name: string, of: Readonly<Record<string, string>>): number | null => {
      if (name === "") return null;
      const m = metrics.find((x) => x.name === name && f.label.every((l) => x.labels[l] === of[l]));
      return m === undefined || Number.isNaN(m.value) ? null : m.value;
    };
    for (const m of metrics) {
      if (m.name !== f.inUse) continue;
      out.push({
        name: f.label.map((l) => m.labels[l]).find((l) => l !== undefined) ?? "",
        inUse: m.value,
        max: value(f.max, m.labels) ?? 0,
        waiting: value(f.waiting, m.labels) ?? 0,
        waits: value(f.waits, m.labels),
      });
    }
  }
  return out;
}

export function poolSuspects(look: Look, earlier: Look | null): Suspect[] {
  const before = earlier === null ? [] : readPools(earlier.metrics);
  const out: Suspect[] = [];
  for (const p of readPools(look.metrics)) {
    // max 0: unlimited.
    if (p.max <= 0 || p.inUse < p.max) continue;
    const old = before.find((b) => b.name === p.name);
    const newWaits = old === undefined || old.waits === null || p.waits === null ? 0 : p.waits - old.waits;
    const stuck = p.waiting > 0 || newWaits > 0 || (old !== undefined && old.inUse >= old.max);
    const status = stuck ? "likely" : "possible";
    const evidence = [`${p.inUse} of ${p.max} connections are borrowed`];
    if (p.waiting > 0) evidence.push(`${p.waiting} callers wait`);
    if (newWaits > 0) evidence.push(`${newWaits} more callers had to wait since the earlier look`);
    else if (p.waits !== null && p.waits > 0) evidence.push(`${p.waits} callers had to wait since the start`);
    out.push({
      kind: "pool",
      status,
      signature: null,
      title: `connection pool ${p.name === "" ? "" : `${JSON.stringify(p.name)} `}is used up`,
      count: p.inUse,
      before: old?.inUse ?? null,
      unit: "connections",
      wait: "",
      minutes: null,
      location: null,
      stack: [],
      createdBy: null,
      openedBy: null,
      connections: [],
      labels: [],
      evidence,
      meaning:
        "Every connection is borrowed. Under a peak that passes; if it stays while throughput falls, borrowers do not give them back.",
      next: [
        "look for Rows, Tx and Conn that some path does not close",
        "`stanch diagnose --trace 30s` shows which stack holds a connection longest",
      ],
      rule: "sql-rows-unclosed",
      score: scoreOf(status, p.inUse, newWaits),
    });
  }
  return out;
}
