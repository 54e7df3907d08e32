/** Who listens on a port of this host, for the message that it is taken. */
import { ProcReader, readProcess } from "./procfs.ts";
import { localListener } from "./target.ts";

/** `pid 4711 (orders)`; null where nobody can tell. */
export function portOwner(port: number): string | null {
  try {
    const proc = new ProcReader();
    const pid = localListener(`http://127.0.0.1:${port}/`, {}, proc);
    return pid === null ? null : `pid ${pid} (${readProcess(proc, pid, []).name})`;
  } catch {
    return null;
  }
}
