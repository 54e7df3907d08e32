/**
 * What a Go executable says of itself: `go version -m` without Go. Reads a few kB of ELF, Mach-O or PE by offset, never the file.
 *
 * The block (debug/buildinfo): 14 bytes of magic, pointer size, flags; from Go 1.18 on two varint-prefixed strings at +32 (version,
 * module text), before that two pointers to Go strings.
 */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { ProbeError } from "./errors.ts";

export interface GoModuleRef {
  readonly path: string;
  readonly version: string;
  readonly replacedBy: string;
}

export interface BuildInfo {
  readonly goVersion: string;
  /** Minor version of Go 1 (27 for go1.27.4); null for development versions. */
  readonly goMinor: number | null;
  /** GOEXPERIMENT, from the settings or the version's ` X:…`. */
  readonly experiments: string;
  /** Import path of the main package. */
  readonly path: string;
  readonly main: GoModuleRef | null;
  readonly deps: readonly GoModuleRef[];
  /** `-buildmode`, `CGO_ENABLED`, `DefaultGODEBUG`, `vcs.revision`… */
  readonly settings: Readonly<Record<string, string>>;
  readonly cgo: boolean;
  readonly static: boolean;
  /** No symbol table: eBPF cannot find functions by name. */
  readonly stripped: boolean;
  readonly trimpath: boolean;
  readonly format: "elf" | "mach-o" | "pe";
}

const MAGIC = Buffer.from("\xff Go buildinf:", "latin1");
const TEXT_LIMIT = 4 << 20;

/** A file read by offset, with a bound on what one call may ask for. */
export class RandomReader {
  readonly fd: number;
  readonly size: number;
  bytesRead = 0;
  constructor(path: string) {
    this.fd = openSync(path, "r");
    this.size = fstatSync(this.fd).size;
  }
  read(offset: number, length: number): Buffer {
    if (offset < 0 || length < 0 || length > 64 << 20) throw new ProbeError("unsupported", "damaged executable header");
    const out = Buffer.alloc(Math.max(0, Math.min(length, this.size - offset)));
    let got = 0;
    while (got < out.length) {
      const n = readSync(this.fd, out, got, out.length - got, offset + got);
      if (n === 0) break;
      got += n;
    }
    this.bytesRead += got;
    return got === out.length ? out : out.subarray(0, got);
  }
  close(): void {
    closeSync(this.fd);
  }
}

interface Image {
  readonly format: BuildInfo["format"];
  /** Where to look for the block: offset and length in the file. */
  readonly regions: readonly { readonly offset: number; readonly length: number }[];
  readonly toOffset: (address: number) => number;
  readonly static: boolean;
  readonly stripped: boolean;
}

/** null where the file is no Go executable; throws ProbeError where it cannot be read. */
export function readBuildInfo(path: string): BuildInfo | null {
  let file: RandomReader;
  try {
    file = new RandomReader(path);
  } catch (e) {
    const { code } = e as NodeJS.ErrnoException;
    if (code === "EACCES" || code === "EPERM") throw new ProbeError("denied", `no permission to read ${path}`);
    throw new ProbeError("vanished", `cannot read ${path}: ${(e as Error).message}`);
  }
  try {
    const image = readImage(file);
    return image === null ? null : findBlock(file, image);
  } finally {
    file.close();
  }
}

function readImage(file: RandomReader): Image | null {
  const head = file.read(0, 64);
  if (head.length < 64) return null;
  const magic = head.readUInt32BE(0);
  try {
    if (magic === 0x7f454c46) return readElf(file, head);
    if (magic === 0xcffaedfe || magic === 0xcefaedfe || magic === 0xcafebabe) return readMachO(file, head, 0);
    if (head.readUInt16BE(0) === 0x4d5a) return readPe(file, head);
  } catch (e) {
    if (e instanceof RangeError) throw new ProbeError("unsupported", "damaged executable header");
    throw e;
  }
  return null;
}

function readElf(file: RandomReader, head: Buffer): Image | null {
  const wide = head[4] === 2;
  const little = head[5] === 1;
  const u16 = (b: Buffer, o: number): number => (little ? b.readUInt16LE(o) : b.readUInt16BE(o));
  const u32 = (b: Buffer, o: number): number => (little ? b.readUInt32LE(o) : b.readUInt32BE(o));
  const word = (b: Buffer, o: number): number =>
    wide ? Number(little ? b.readBigUInt64LE(o) : b.readBigUInt64BE(o)) : u32(b, o);
  const phoff = word(head, wide ? 32 : 28);
  const shoff = word(head, wide ? 40 : 32);
  const phentsize = u16(head, wide ? 54 : 42);
  const phnum = u16(head, wide ? 56 : 44);
  const shentsize = u16(head, wide ? 58 : 46);
  const shnum = u16(head, wide ? 60 : 48);
  const shstrndx = u16(head, wide ? 62 : 50);
  const ph = file.read(phoff, Math.min(phnum, 256) * phentsize);
  const segments: { offset: number; address: number; size: number; flags: number }[] = [];
  let isStatic = true;
  const segmentCount = phentsize >= (wide ? 56 : 32) ? Math.floor(ph.length / phentsize) : 0;
  for (let i = 0; i < segmentCount; i++) {
    const o = i * phentsize;
    const type = u32(ph, o);
    if (type === 3) isStatic = false; // PT_INTERP
    if (type === 1)
      segments.push(
        wide
          ? { flags: u32(ph, o + 4), offset: word(ph, o + 8), address: word(ph, o + 16), size: word(ph, o + 32) }
          : { offset: u32(ph, o + 4), address: u32(ph, o + 8), size: u32(ph, o + 16), flags: u32(ph, o + 24) },
      );
  }
  const regions: { offset: number; length: number }[] = [];
  let stripped = true;
  const sh = file.read(shoff, Math.min(shnum, 512) * shentsize);
  const least = wide ? 64 : 40;
  if (shentsize >= least && (shstrndx + 1) * shentsize <= sh.length) {
    const at = shstrndx * shentsize;
    const names = file.read(word(sh, at + (wide ? 24 : 16)), Math.min(word(sh, at + (wide ? 32 : 20)), 1 << 16));
    for (let o = 0; o + shentsize <= sh.length; o += shentsize) {
      const nameAt = u32(sh, o);
      const end = names.indexOf(0, nameAt);
      const name = names.toString("latin1", nameAt, end < 0 ? nameAt : end);
      if (u32(sh, o + 4) === 2) stripped = false; // SHT_SYMTAB
      if (name === ".go.buildinfo")
        regions.push({ offset: word(sh, o + (wide ? 24 : 16)), length: word(sh, o + (wide ? 32 : 20)) });
    }
  }
  // Section headers stripped or packed: the block lies at the start of the writable data.
  if (regions.length === 0)
    for (const s of segments)
      if ((s.flags & 2) !== 0) regions.push({ offset: s.offset, length: Math.min(s.size, 1 << 20) });
  return {
    format: "elf",
    regions,
    toOffset: (a) => {
      const s = segments.find((x) => a >= x.address && a < x.address + x.size);
      return s === undefined ? -1 : a - s.address + s.offset;
    },
    static: isStatic,
    stripped,
  };
}

function readMachO(file: RandomReader, head: Buffer, base: number): Image | null {
  if (head.readUInt32BE(0) === 0xcafebabe) {
    // A fat binary: a table of architectures, big-endian. Java class files share the magic, with a version where the count is.
    const count = head.readUInt32BE(4);
    if (count === 0 || count > 16) return null;
    const first = head.readUInt32BE(16);
    return readMachO(file, file.read(first, 64), first);
  }
  const wide = head.readUInt32BE(0) === 0xcffaedfe;
  const ncmds = head.readUInt32LE(16);
  const commands = file.read(base + (wide ? 32 : 28), Math.min(head.readUInt32LE(20), 1 << 18));
  const regions: { offset: number; length: number }[] = [];
  const segments: { offset: number; address: number; size: number }[] = [];
  let isStatic = true;
  let stripped = true;
  const name16 = (o: number): string => commands.toString("latin1", o, o + 16).replace(/\0.*$/s, "");
  let at = 0;
  for (let i = 0; i < ncmds && at + 8 <= commands.length; i++) {
    const type = commands.readUInt32LE(at);
    const size = commands.readUInt32LE(at + 4);
    if (size < 8) break;
    if (type === 0xc) isStatic = false; // LC_LOAD_DYLIB
    if (type === 2) stripped = commands.readUInt32LE(at + 12) === 0; // LC_SYMTAB
    if (type === 0x19 || type === 1) {
      const word = (o: number): number => (wide ? Number(commands.readBigUInt64LE(o)) : commands.readUInt32LE(o));
      const step = wide ? 8 : 4;
      segments.push({
        address: word(at + 24),
        offset: word(at + 24 + 2 * step) + base,
        size: word(at + 24 + 3 * step),
      });
      const nsects = commands.readUInt32LE(at + 24 + 4 * step + 8);
      const sectSize = wide ? 80 : 68;
      for (let k = 0, s = at + 24 + 4 * step + 16; k < nsects && s + sectSize <= commands.length; k++, s += sectSize) {
        if (name16(s) !== "__go_buildinfo") continue;
        const length = word(s + 32 + step);
        regions.push({ offset: commands.readUInt32LE(s + 32 + 2 * step) + base, length });
      }
    }
    at += size;
  }
  return {
    format: "mach-o",
    regions,
    toOffset: (a) => {
      const s = segments.find((x) => a >= x.address && a < x.address + x.size);
      return s === undefined ? -1 : a - s.address + s.offset;
    },
    static: isStatic,
    stripped,
  };
}

function readPe(file: RandomReader, head: Buffer): Image | null {
  const pe = head.readUInt32LE(0x3c);
  const coff = file.read(pe, 24 + 112);
  if (coff.length < 136 || coff.toString("latin1", 0, 4) !== "PE\0\0") return null;
  const count = coff.readUInt16LE(6);
  const symbols = coff.readUInt32LE(12);
  const optional = coff.readUInt16LE(20);
  const imageBase =
    coff.readUInt16LE(24) === 0x20b ? Number(coff.readBigUInt64LE(24 + 24)) : coff.readUInt32LE(24 + 28);
  const table = file.read(pe + 24 + optional, Math.min(count, 96) * 40);
  const sections: { address: number; offset: number; size: number; flags: number }[] = [];
  for (let o = 0; o + 40 <= table.length; o += 40)
    sections.push({
      address: imageBase + table.readUInt32LE(o + 12),
      size: table.readUInt32LE(o + 16),
      offset: table.readUInt32LE(o + 20),
      flags: table.readUInt32LE(o + 36),
    });
  // Initialised data, readable, writable.
  const regions = sections
    .filter((s) => (s.flags & 0x40) !== 0 && (s.flags & 0x80000000) !== 0 && (s.flags & 0x40000000) !== 0)
    .map((s) => ({ offset: s.offset, length: Math.min(s.size, 8 << 20) }));
  return {
    format: "pe",
    regions,
    toOffset: (a) => {
      const s = sections.find((x) => a >= x.address && a < x.address + x.size);
      return s === undefined ? -1 : a - s.address + s.offset;
    },
    static: false,
    stripped: symbols === 0,
  };
}

function findBlock(file: RandomReader, image: Image): BuildInfo | null {
  for (const { offset, length } of image.regions) {
    const data = file.read(offset, Math.min(length, 8 << 20));
    for (let at = data.indexOf(MAGIC); at >= 0; at = data.indexOf(MAGIC, at + 1)) {
      if (at % 16 !== 0 || at + 32 > data.length) continue;
      const strings = blockStrings(file, image, offset + at);
      if (strings !== null) return describe(strings.version, strings.mod, image);
    }
  }
  return null;
}

function blockStrings(file: RandomReader, image: Image, offset: number): { version: string; mod: string } | null {
  const head = file.read(offset, 64);
  const pointer = head[14];
  const flags = head[15];
  if ((flags & 2) !== 0) {
    let at = offset + 32;
    const next = (): string => {
      const lead = file.read(at, 10);
      let length = 0;
      let n = 0;
      for (let shift = 1; n < lead.length; shift *= 128) {
        const b = lead[n++];
        length += (b & 0x7f) * shift;
        if (b < 0x80) break;
      }
      if (length > TEXT_LIMIT) return "";
      const bytes = file.read(at + n, length);
      at += n + length;
      return bytes.toString("latin1");
    };
    const version = next();
    return version === "" ? null : { version, mod: unframe(next()) };
  }
  if (pointer !== 4 && pointer !== 8) return null;
  const big = (flags & 1) !== 0;
  const word = (b: Buffer, o: number): number =>
    pointer === 8
      ? Number(big ? b.readBigUInt64BE(o) : b.readBigUInt64LE(o))
      : big
        ? b.readUInt32BE(o)
        : b.readUInt32LE(o);
  const goString = (address: number): string => {
    const header = image.toOffset(address);
    if (header < 0) return "";
    const b = file.read(header, pointer * 2);
    if (b.length < pointer * 2) return "";
    const at = image.toOffset(word(b, 0));
    const length = word(b, pointer);
    return at < 0 || length > TEXT_LIMIT ? "" : file.read(at, length).toString("latin1");
  };
  const version = goString(word(head, 16));
  return version === "" ? null : { version, mod: unframe(goString(word(head, 16 + pointer))) };
}

/** The module text stands between two sentinels of 16 bytes. */
function unframe(mod: string): string {
  const text = mod.length >= 33 && mod[mod.length - 17] === "\n" ? mod.slice(16, -16) : mod;
  return Buffer.from(text, "latin1").toString("utf8");
}

function describe(version: string, mod: string, image: Image): BuildInfo {
  const goVersion = version.split(" ")[0];
  const settings: Record<string, string> = {};
  const deps: GoModuleRef[] = [];
  let path = "";
  let main = null as GoModuleRef | null;
  let last: "main" | "dep" = "main";
  for (const line of mod.split("\n")) {
    const cells = line.split("\t");
    switch (cells[0]) {
      case "path":
        path = cells[1] ?? "";
        break;
      case "mod":
        main = { path: cells[1] ?? "", version: cells[2] ?? "", replacedBy: "" };
        last = "main";
        break;
      case "dep":
        deps.push({ path: cells[1] ?? "", version: cells[2] ?? "", replacedBy: "" });
        last = "dep";
        break;
      case "=>": {
        const replacedBy = `${cells[1] ?? ""}${cells[2] ? `@${cells[2]}` : ""}`;
        const dep = last === "dep" ? deps.pop() : undefined;
        if (dep !== undefined) deps.push({ ...dep, replacedBy });
        else if (main !== null) main = { path: main.path, version: main.version, replacedBy };
        break;
      }
      case "build": {
        const text = cells.slice(1).join("\t");
        const at = text.indexOf("=");
        if (at > 0) settings[text.slice(0, at)] = text.slice(at + 1).replace(/^"(.*)"$/, "$1");
        break;
      }
    }
  }
  const minor = /^go1\.(\d+)/.exec(goVersion)?.[1];
  return {
    goVersion,
    goMinor: minor === undefined ? null : Number(minor),
    experiments: settings["GOEXPERIMENT"] ?? / X:(\S+)/.exec(version)?.[1] ?? "",
    path,
    main,
    deps,
    settings,
    cgo: settings["CGO_ENABLED"] === "1" && !image.static,
    static: image.static,
    stripped: image.stripped,
    trimpath: settings["-trimpath"] === "true",
    format: image.format,
  };
}
