/**
 * The bundled index of Go's standard library: stub source text, packed into one file (docs/formats/stdlib-index.md).
 * `tools/gen-stdlib.ts` writes it; the loader reads it where a machine has no Go distribution.
 */
import { brotliCompressSync, brotliDecompressSync, constants } from "node:zlib";

export const MAGIC = "stanch-stdlib\n";
export const FORMAT = 1;
/** No index of ours comes near; a damaged one must not exhaust memory. */
const MAX_PAYLOAD = 256 * 1024 * 1024;

export interface StubFile {
  /** File name as in GOROOT. */
  readonly name: string;
  readonly source: string;
}

export interface StubPackage {
  readonly path: string;
  /** Name in the package clauses. */
  readonly name: string;
  /** Import paths, sorted, without duplicates; vendored ones as "vendor/…". */
  readonly imports: readonly string[];
  readonly files: readonly StubFile[];
}

export interface PackageEntry {
  readonly name: string;
  readonly imports: readonly string[];
  readonly files: readonly string[];
}

/** The file could not be read as an index: damaged, or of another format version. */
export class IndexError extends Error {}

interface Header {
  readonly format: number;
  /** "go1.26.8" */
  readonly go: string;
  /** Platform whose files were taken, "linux/amd64". */
  readonly target: string;
  /** [path, name, imports, [file, bytes]…] in the order of the bodies. */
  readonly packages: readonly (readonly [string, string, readonly string[], readonly (readonly [string, number])[]])[];
}

export class StdlibIndex {
  readonly #packages = new Map<string, PackageEntry>();
  /** "path/file" → its bytes, views into the one payload. */
  readonly #sources = new Map<string, Uint8Array>();

  private constructor(
    readonly goVersion: string,
    readonly target: string,
  ) {}

  /** Throws an IndexError with one line. */
  static decode(bytes: Uint8Array): StdlibIndex {
    const magic = new TextEncoder().encode(MAGIC);
    if (magic.some((b, i) => bytes[i] !== b))
      throw new IndexError("the standard library index is damaged: it does not begin as one");
    let payload: Uint8Array;
    try {
      payload = brotliDecompressSync(bytes.subarray(magic.length), { maxOutputLength: MAX_PAYLOAD });
    } catch (e) {
      throw new IndexError(`the standard library index is damaged: ${e instanceof Error ? e.message : String(e)}`, {
        cause: e,
      });
    }
    return StdlibIndex.decodePayload(payload);
  }

  /** The uncompressed part: u32 (little endian) length of the header, the header as JSON, the files one after the other. */
  static decodePayload(payload: Uint8Array): StdlibIndex {
    const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
    const length = payload.byteLength < 4 ? 0 : view.getUint32(0, true);
    let header: Header;
    try {
      header = JSON.parse(new TextDecoder().decode(payload.subarray(4, 4 + length))) as Header;
    } catch (e) {
      throw new IndexError("the standard library index is damaged: its header cannot be read", { cause: e });
    }
    if (header.format !== FORMAT)
      throw new IndexError(`the standard library index has format ${header.format}; this program reads ${FORMAT}`);
    const index = new StdlibIndex(header.go, header.target);
    let at = 4 + length;
    for (const [path, name, imports, files] of header.packages) {
      index.#packages.set(path, { name, imports, files: files.map(([file]) => file) });
      for (const [file, size] of files) {
        if (at + size > payload.byteLength)
          throw new IndexError("the standard library index is damaged: it ends too early");
        index.#sources.set(`${path}/${file}`, payload.subarray(at, at + size));
        at += size;
      }
    }
    return index;
  }

  /** Sorted. */
  paths(): string[] {
    return [...this.#packages.keys()];
  }

  package(path: string): PackageEntry | null {
    return this.#packages.get(path) ?? null;
  }

  source(path: string, file: string): Uint8Array | null {
    return this.#sources.get(`${path}/${file}`) ?? null;
  }
}

/** The uncompressed part of an index; equal input gives equal bytes. */
export function encodePayload(go: string, target: string, packages: readonly StubPackage[]): Uint8Array {
  const encoder = new TextEncoder();
  const sorted = [...packages].sort((a, b) => (a.path < b.path ? -1 : 1));
  const bodies = sorted.map((p) => p.files.map((f) => encoder.encode(f.source)));
  const header: Header = {
    format: FORMAT,
    go,
    target,
    packages: sorted.map(
      (p, i) =>
        [p.path, p.name, p.imports, p.files.map((f, j) => [f.name, bodies[i]?.[j]?.length ?? 0] as const)] as const,
    ),
  };
  const head = encoder.encode(JSON.stringify(header));
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, head.length, true);
  return Buffer.concat([length, head, ...bodies.flat()]);
}

export function encode(payload: Uint8Array): Uint8Array {
  const compressed = brotliCompressSync(payload, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
      [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
      [constants.BROTLI_PARAM_SIZE_HINT]: payload.length,
    },
  });
  return Buffer.concat([new TextEncoder().encode(MAGIC), compressed]);
}
