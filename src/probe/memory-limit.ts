/** Where a process's memory ends: what the kernel enforces, and what Go was told. */
import { readSmall, type ProcReader } from "./procfs.ts";

/** The least along its control groups, version 2 or 1; `cgroup` as /proc/PID/cgroup names it. Bytes; null where there is no limit or none can be read. */
export function cgroupLimit(cgroup: string, root = "/sys/fs/cgroup"): number | null {
  let least = Number.POSITIVE_INFINITY;
  const parts = cgroup.split("/").filter((p) => p !== "" && p !== "..");
  for (let n = parts.length; n >= 0; n--) {
    const path = parts
      .slice(0, n)
      .map((p) => `/${p}`)
      .join("");
    for (const file of [`${root}${path}/memory.max`, `${root}/memory${path}/memory.limit_in_bytes`]) {
      const text = readSmall(file, 64)?.trim();
      // Version 1 writes "no limit" as the largest multiple of a page below 2^63.
      if (text !== undefined && /^\d+$/.test(text) && Number(text) < 2 ** 60) least = Math.min(least, Number(text));
    }
  }
  return Number.isFinite(least) ? least : null;
}

/** `GOMEMLIMIT=512MiB` in its environment; null where it is not set, off, or not ours to read. */
export function goMemoryLimit(proc: ProcReader, pid: number): number | null {
  let environ: string;
  try {
    environ = proc.text(`${pid}/environ`);
  } catch {
    return null;
  }
  const m = /(?:^|\0)GOMEMLIMIT=(\d+)(?:([KMGT])iB|B)?(?:\0|$)/.exec(environ);
  if (m === null) return null;
  const bytes = Number(m[1]) * 1024 ** ["", "K", "M", "G", "T"].indexOf(m[2] ?? "");
  // math.MaxInt64 stands for none.
  return bytes > 0 && bytes < 2 ** 60 ? bytes : null;
}

/** The nearer of the two. */
export function memoryLimit(proc: ProcReader, pid: number, cgroup: string): number | null {
  const limits = [cgroupLimit(cgroup), goMemoryLimit(proc, pid)].filter((l) => l !== null);
  return limits.length === 0 ? null : Math.min(...limits);
}
