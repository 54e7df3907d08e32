/**
 * Writes src/go/stdlib/stdlib.bin, the bundled index of the standard library, from a Go distribution's sources.
 *
 *     npx tsx tools/gen-stdlib.ts [--goroot DIR] [--text DIR]    write it (and, for reading, the stubs as files)
 *     npx tsx tools/gen-stdlib.ts --check                        exit 1 where the index is not what this would write
 *
 * `--check` needs the very Go release that the index was made from; without it, it says so and exits with 2.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { brotliDecompressSync } from "node:zlib";
import { Loader } from "../src/go/load/loader.ts";
import { encode, encodePayload, MAGIC, StdlibIndex } from "../src/go/stdlib/index.ts";
import { makeStubs } from "./stdlib-stubs.ts";

const { values } = parseArgs({
  options: { goroot: { type: "string" }, text: { type: "string" }, check: { type: "boolean" } },
});
const file = fileURLToPath(new URL("../src/go/stdlib/stdlib.bin", import.meta.url));

// The reference platform: most services run there, and what differs elsewhere is hardly ever API.
const loader = Loader.open(dirname(file), {
  goos: "linux",
  goarch: "amd64",
  cgo: false,
  tags: [],
  ...(values.goroot === undefined ? {} : { goroot: values.goroot }),
});
if (loader.goroot === null) {
  console.error("no Go distribution found: name one with --goroot");
  process.exit(2);
}
const { version } = loader.goroot;

if (values.check === true) {
  const bytes = readFileSync(file);
  const index = StdlibIndex.decode(bytes);
  if (index.goVersion !== version) {
    console.error(`cannot check: the index was made from ${index.goVersion}, and ${loader.goroot.dir} is ${version}`);
    process.exit(2);
  }
  const made = encodePayload(version, "linux/amd64", makeStubs(loader));
  // Compressors differ between releases of Node; what they compress does not.
  const same = Buffer.compare(brotliDecompressSync(bytes.subarray(MAGIC.length)), made) === 0;
  console.log(same ? `the index is that of ${version}` : "the index is stale: run npx tsx tools/gen-stdlib.ts");
  process.exit(same ? 0 : 1);
}

const started = performance.now();
const stubs = makeStubs(loader);
const payload = encodePayload(version, "linux/amd64", stubs);
const bytes = encode(payload);
writeFileSync(file, bytes);
if (values.text !== undefined) {
  for (const p of stubs) {
    mkdirSync(join(values.text, p.path), { recursive: true });
    for (const f of p.files) writeFileSync(join(values.text, p.path, f.name), f.source);
  }
}
console.log(
  `${version}: ${stubs.length} packages, ${stubs.reduce((n, p) => n + p.files.length, 0)} files, ${payload.length} bytes of text, ` +
    `${bytes.length} bytes packed, ${(performance.now() - started).toFixed(0)} ms`,
);
