/** The memory limit that the kernel enforces on a process: the least along its control groups, version 2 or 1. */
import { readSmall } from "./procfs.ts";

/** `cgroup` as /proc/PID/cgroup names it. Bytes; null where there is no limit or none can be read. */
export function memoryLimit(cgroup: string, root = "/sys/fs/cgroup"): number | null {
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
