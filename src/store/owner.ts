/**
 * One writer per store: `FILE.owner` names it by pid and start time, so that a file left by a process that was killed is known for what it
 * is, even where its pid has come round again.
 */
import { randomUUID } from "node:crypto";
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { StoreError } from "./errors.ts";

interface Owner {
  readonly pid: number;
  /** Field 22 of /proc/PID/stat; null where there is no /proc. */
  readonly start: string | null;
  readonly host: string;
  readonly nonce: string;
}

/** Takes the store; the result gives it back. @throws StoreError "held". */
export function takeOwnership(path: string, shown: string): { release: () => void; fromDead: boolean } {
  const file = `${path}.owner`;
  const me: Owner = { pid: process.pid, start: startOf(process.pid), host: hostname(), nonce: randomUUID() };
  let fromDead = false;
  for (let tries = 0; ; tries++) {
    try {
      writeFileSync(file, JSON.stringify(me), { flag: "wx", mode: 0o644 });
      break;
    } catch (e) {
      const { code } = e as NodeJS.ErrnoException;
      if (code === "ENOSPC" || code === "EDQUOT" || code === "EFBIG")
        throw new StoreError("full", `${shown} cannot be written: the disk is full`);
      if (code !== "EEXIST") throw new StoreError("unreadable", `cannot open ${shown}: ${(e as Error).message}`);
    }
    const other = read(file);
    if (other === null && tries < 3) continue; // given back just now
    if (other !== null && (other.host !== me.host || isAlive(other)))
      throw new StoreError(
        "held",
        `${shown} is being written by another stanch (pid ${other.pid}${other.host === me.host ? "" : ` on ${other.host}`}): give this one its own --store`,
      );
    if (tries >= 3) throw new StoreError("held", `${shown} cannot be taken: ${file} changes under our hands`);
    // Of several that find the dead one's file, the rename succeeds for one; a living owner's file that got under it goes back.
    const aside = `${file}.${me.nonce}`;
    try {
      renameSync(file, aside);
      const moved = read(aside);
      if (moved !== null && moved.nonce !== other?.nonce) renameSync(aside, file);
      else {
        rmSync(aside, { force: true });
        fromDead = true;
      }
    } catch {
      // Another was quicker.
    }
  }
  if (read(file)?.nonce !== me.nonce) throw new StoreError("held", `${shown} was taken by another stanch just now`);
  return {
    fromDead,
    release: () => {
      if (read(file)?.nonce === me.nonce) rmSync(file, { force: true });
    },
  };
}

function read(file: string): Owner | null {
  try {
    const o = JSON.parse(readFileSync(file, "utf8")) as Partial<Owner>;
    return {
      pid: Number(o.pid),
      start: o.start ?? null,
      host: String(o.host),
      nonce: String(o.nonce),
    };
  } catch (e) {
    // Cut in the middle of being written: its writer is dead, or is about to be done.
    return (e as NodeJS.ErrnoException).code === "ENOENT"
      ? null
      : { pid: 0, start: null, host: hostname(), nonce: "?" };
  }
}

function isAlive(o: Owner): boolean {
  if (o.pid <= 0) return false;
  try {
    process.kill(o.pid, 0);
  } catch (e) {
    if ((e as NodeJS.ErrnoException).code === "ESRCH") return false;
  }
  const start = startOf(o.pid);
  return o.start === null || start === null || start === o.start;
}

function startOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? null;
  } catch {
    return null;
  }
}
