/** Starts bench/oracle/live-target and hands out its address; used by the benchmarks of the live track. */
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";

const here = new URL(".", import.meta.url).pathname;

export interface LiveTarget {
  readonly url: string;
  readonly pid: number;
  readonly child: ChildProcess;
}

export async function startTarget(flags: Readonly<Record<string, number>>): Promise<LiveTarget> {
  mkdirSync(join(here, ".work"), { recursive: true });
  const binary = join(here, ".work/live-target");
  execFileSync("go", ["build", "-o", binary, "."], { cwd: join(here, "oracle/live-target"), stdio: "inherit" });
  const args = Object.entries(flags).map(([k, v]) => `-${k}=${v}`);
  // The target needs more descriptors than a shell usually grants.
  const child = spawn("sh", ["-c", `ulimit -n 20000 2>/dev/null; exec ${binary} ${args.join(" ")}`], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const { stdout, pid } = child;
  if (stdout === null || pid === undefined) throw new Error("the target did not start");
  const url = await new Promise<string>((resolve, reject) => {
    stdout.setEncoding("utf8").once("data", (line: string) => resolve(line.trim()));
    child.once("exit", (code) => reject(new Error(`the target ended with ${code}`)));
  });
  return { url, pid, child };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1];
}

export function spread(values: readonly number[]): string {
  return `${median(values).toFixed(1)} (${Math.min(...values).toFixed(1)} to ${Math.max(...values).toFixed(1)})`;
}
