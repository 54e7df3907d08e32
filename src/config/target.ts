/** Names from `stanch.yaml` where the live commands take a target, with what the environment adds. */
import { resolve } from "node:path";
import { UsageError } from "../base/errors.ts";
import { nearest } from "../base/nearest.ts";
import type { Alert, Config, TargetEntry } from "./config.ts";

type Env = Readonly<Record<string, string | undefined>>;

export interface ResolvedTarget {
  readonly name: string;
  /** As it could have been written on the command line: a pid, an address, `unix:/path`. */
  readonly address: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Absolute path. */
  readonly ca: string | null;
  readonly insecure: boolean;
  readonly metrics: string | null;
  readonly prometheus: TargetEntry["prometheus"];
  readonly intervalMs: number | null;
  readonly labels: Readonly<Record<string, string>>;
}

/** @throws UsageError where no target has the name, or a variable of the environment is not set. */
export function resolveTarget(config: Config, name: string, env: Env = process.env): ResolvedTarget {
  const t = config.targets.get(name);
  if (t === undefined) {
    const like = nearest(name, config.targets.keys());
    const known = [...config.targets.keys()];
    const hint =
      like !== null ? `did you mean ${like}?` : known.length === 0 ? "it names none" : `it names ${known.join(", ")}`;
    throw new UsageError(`${config.file} has no target ${name}; ${hint}`);
  }
  const fill = (path: string, text: string): string => expand(config, ["targets", name, ...path.split(".")], text, env);
  const record = (path: string, r: Readonly<Record<string, string>>): Record<string, string> =>
    Object.fromEntries(
      Object.entries(r).map(([k, text]) => [k, expand(config, ["targets", name, ...path.split("."), k], text, env)]),
    );
  const address =
    t.pid !== null ? String(t.pid) : t.unix !== null ? `unix:${fill("unix", t.unix)}` : fill("url", t.url ?? "");
  return {
    name,
    address,
    headers: record("headers", t.headers),
    ca: t.ca === null ? null : resolve(config.dir, fill("ca", t.ca)),
    insecure: t.insecure,
    metrics: t.metrics === null ? null : fill("metrics", t.metrics),
    prometheus:
      t.prometheus === null
        ? null
        : {
            url: fill("prometheus.url", t.prometheus.url),
            match: t.prometheus.match === null ? null : fill("prometheus.match", t.prometheus.match),
            headers: record("prometheus.headers", t.prometheus.headers),
          },
    intervalMs: t.intervalMs,
    labels: record("labels", t.labels),
  };
}

/** All alerts with the environment filled in. */
export function resolveAlerts(config: Config, env: Env = process.env): Alert[] {
  return config.alerts.map((a, i): Alert => {
    const fill = (text: string, ...path: (string | number)[]): string =>
      expand(config, ["alerts", i, ...path], text, env);
    if (a.type === "stdout") return a;
    if (a.type === "exec") return { ...a, command: a.command.map((c, j) => fill(c, "command", j)) };
    const headers = Object.fromEntries(
      Object.entries(a.headers ?? {}).map(([k, text]) => [k, fill(text, "headers", k)]),
    );
    return { ...a, url: fill(a.url, "url"), headers };
  });
}

/** The server's token; null where the file names none. */
export function resolveToken(config: Config, env: Env = process.env): string | null {
  return config.server.token === null ? null : expand(config, ["server", "token"], config.server.token, env);
}

/** `${NAME}` and `${NAME:-otherwise}` from the environment; `$${` is a plain `${`. */
function expand(config: Config, path: (string | number)[], text: string, env: Env): string {
  return text.replace(/\$(\$\{)|\$\{([A-Za-z_]\w*)(?::-([^}]*))?\}/g, (_, escaped, name, otherwise) => {
    if (escaped !== undefined) return escaped as string;
    const value = env[name as string] ?? (otherwise as string | undefined);
    if (value !== undefined) return value;
    const { line, column } = config.at(...path);
    throw new UsageError(`${config.file}:${line}:${column}: the environment has no ${name as string}`);
  });
}
