/** Every symbolic link of a folder with its target, as /proc/PID/fd has them: one per descriptor, often thousands. */
import { closeSync, constants, openSync, readdirSync, readlinkSync } from "node:fs";
import { libc, type Libc } from "./libc.ts";
import { widen } from "./widen.ts";

const DOT = 46;

/** Both are the first bytes of a buffer that is used again for the next link. */
export type LinkVisitor = (name: Uint8Array, nameLength: number, target: Buffer, targetLength: number) => void;

/** A link that is gone by the time it is read is left out. Throws what opening the folder throws. */
export function eachLink(folder: string, visit: LinkVisitor): void {
  const native = libc();
  if (native === null || !eachLinkNative(native, folder, visit)) eachLinkPlain(folder, visit);
}

/** The same with nothing but Node. */
export function eachLinkPlain(folder: string, visit: LinkVisitor): void {
  for (const text of readdirSync(folder)) {
    let target: Buffer;
    try {
      target = readlinkSync(`${folder}/${text}`, { encoding: "buffer" });
    } catch {
      continue;
    }
    const name = Buffer.from(text);
    visit(name, name.length, target, target.length);
  }
}

/**
 *     struct linux_dirent64 { u64 d_ino; s64 d_off; u16 d_reclen; u8 d_type; char d_name[]; }
 *
 * False, and nothing visited, where the folder could be opened and not listed.
 */
function eachLinkNative(native: Libc, folder: string, visit: LinkVisitor): boolean {
  const fd = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    const entries = Buffer.allocUnsafe(1 << 15);
    // Listed whole before the first link is read: the folder changes while the process runs, and a descriptor must not be seen twice.
    // Names stay bytes, each with its NUL, as both calls have them: ten thousand strings cost as much as their links.
    let names = new Uint8Array(1 << 12);
    let used = 0;
    for (;;) {
      const size = native.getdents64(fd, entries, entries.length);
      if (size < 0) return false;
      if (size === 0) break;
      while (used + size > names.length) names = widen(names, new Uint8Array(names.length * 2));
      for (let at = 0; at < size; at += entries.readUInt16LE(at + 16)) {
        let from = at + 19;
        if (
          entries[from] === DOT &&
          (entries[from + 1] === 0 || (entries[from + 1] === DOT && entries[from + 2] === 0))
        )
          continue;
        do names[used++] = entries[from];
        while (entries[from++] !== 0);
      }
    }
    // A name of Linux has at most 255 bytes; the kernel gives a link of /proc at most a page.
    const name = new Uint8Array(256);
    const target = Buffer.allocUnsafe(4096);
    for (let at = 0; at < used;) {
      let length = 0;
      while ((name[length] = names[at++]) !== 0) length++;
      const size = native.readlinkat(fd, name, target, target.length);
      if (size >= 0) visit(name, length, target, size);
    }
    return true;
  } finally {
    closeSync(fd);
  }
}
