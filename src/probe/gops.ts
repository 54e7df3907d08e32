/**
 * The agent of github.com/google/gops, where a program embeds it: it writes its port to a file named by the pid and answers one byte
 * with text or a profile, then closes.
 */
import { connect } from "node:net";
import { insideRoot, readSmall, type ProcReader } from "./procfs.ts";
import { ProbeError } from "./errors.ts";

/** github.com/google/gops/signal */
export const gopsSignal = { stack: 1, memstats: 3, version: 4, heap: 5, stats: 7 } as const;

/** The agent's port, or null where no agent wrote one. Looks where the target's own HOME and GOPS_CONFIG_DIR point. */
export function findGopsPort(proc: ProcReader, pid: number): number | null {
  let environ: Record<string, string> = {};
  try {
    environ = Object.fromEntries(
      proc
        .text(`${pid}/environ`)
        .split("\0")
        .map((e): [string, string] => [e.slice(0, e.indexOf("=")), e.slice(e.indexOf("=") + 1)]),
    );
  } catch {
    // Another user's process: the usual places remain.
  }
  const dirs: string[] = [];
  if (environ["GOPS_CONFIG_DIR"]) dirs.push(environ["GOPS_CONFIG_DIR"]);
  if (environ["XDG_CONFIG_HOME"]) dirs.push(`${environ["XDG_CONFIG_HOME"]}/gops`);
  dirs.push(`${environ["HOME"] ?? "/root"}/.config/gops`);
  // Inside a pid namespace the process knows itself by another number.
  let inner = pid;
  try {
    const ns = /^NSpid:\s+(.*)$/m.exec(proc.text(`${pid}/status`))?.[1].split(/\s+/);
    inner = Number(ns?.[ns.length - 1] ?? pid);
  } catch {
    return null;
  }
  for (const dir of dirs) {
    const text = readSmall(insideRoot(proc, pid, `${dir}/${inner}`), 64);
    const port = Number(text?.trim());
    if (text !== null && Number.isInteger(port) && port > 0 && port < 65_536) return port;
  }
  return null;
}

export function askGops(
  port: number,
  signal: number,
  limits: { totalMs: number; maxBytes: number } = { totalMs: 10_000, maxBytes: 256 << 20 },
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const socket = connect({ host: "127.0.0.1", port });
    const fail = (e: Error): void => {
      clearTimeout(timer);
      socket.destroy();
      reject(e);
    };
    const timer = setTimeout(
      () =>
        fail(
          new ProbeError("timeout", `the gops agent at port ${port} did not finish within ${limits.totalMs / 1000} s`),
        ),
      limits.totalMs,
    );
    socket.on("connect", () => socket.write(Uint8Array.of(signal)));
    socket.on("data", (chunk) => {
      size += chunk.length;
      if (size > limits.maxBytes)
        fail(new ProbeError("too-large", `the gops agent sends more than ${limits.maxBytes >> 20} MiB`));
      else chunks.push(chunk);
    });
    socket.on("end", () => {
      clearTimeout(timer);
      resolve(Buffer.concat(chunks));
    });
    socket.on("error", (e) => fail(new ProbeError("refused", `the gops agent at port ${port}: ${e.message}`)));
  });
}
