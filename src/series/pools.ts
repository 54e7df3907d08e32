/** The names under which connection pools publish their numbers: database/sql, pgx, go-redis, HikariCP, Druid. */
export interface Pool {
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

export interface Metric {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Pools by the numbers they publish. `max` 0: unlimited, or not published. */
export function readPools(metrics: readonly Metric[]): Pool[] {
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
  out.push(...redisPools(metrics));
  return out;
}

/** go-redis counts all and idle connections under a prefix of the program's choice: `orders_redis_pool_conn_total_current`. */
function redisPools(metrics: readonly Metric[]): Pool[] {
  const total = "pool_conn_total_current";
  const out: Pool[] = [];
  for (const m of metrics) {
    if (!m.name.endsWith(total)) continue;
    const prefix = m.name.slice(0, -total.length);
    const idle = metrics.find((x) => x.name === `${prefix}pool_conn_idle_current` && sameLabels(x.labels, m.labels));
    if (idle === undefined) continue;
    const name = m.labels["pool"] ?? m.labels["name"] ?? (prefix.replace(/_$/, "") || "redis");
    out.push({ name, inUse: m.value - idle.value, max: 0, waiting: 0, waits: null });
  }
  return out;
}

function sameLabels(a: Metric["labels"], b: Metric["labels"]): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((k) => a[k] === b[k]);
}
