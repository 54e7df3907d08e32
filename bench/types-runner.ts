/**
 * Types all bodies of the packages that patterns name, once, from source in a fresh program; prints milliseconds and
 * bytes as one JSON line per round. Bundled and run by bench/types.ts.
 */
import { Loader } from "../src/go/load/loader.ts";
import { parseFile } from "../src/go/syntax/parser.ts";
import { checkPackage } from "../src/go/types/check.ts";
import { Program } from "../src/go/types/package.ts";

const [dir = ".", rounds = "1", ...patterns] = process.argv.slice(2);
const loader = Loader.open(dir);
const { packages } = loader.match(patterns);
const targets = new Set<object>(packages);
for (let round = 0; round < Number(rounds); round++) {
  let parseMs = 0;
  let targetBytes = 0;
  let depBytes = 0;
  const timed: typeof parseFile = (path, src, options) => {
    const start = performance.now();
    const file = parseFile(path, src, options);
    parseMs += performance.now() - start;
    if (options?.skipBodies === true) depBytes += src.length;
    else targetBytes += src.length;
    return file;
  };
  // Finding and reading files is left out on both sides: resolve once before the clock starts.
  const sources = new Map<string, Uint8Array>();
  const source = {
    resolve: loader.resolve.bind(loader),
    read(file: string): Uint8Array {
      let src = sources.get(file);
      if (src === undefined) {
        const start = performance.now();
        sources.set(file, (src = loader.read(file)));
        readMs += performance.now() - start;
      }
      return src;
    },
  };
  let readMs = 0;
  const program = new Program(source, timed, { withBodies: (p) => targets.has(p) });
  const start = performance.now();
  for (const p of packages) checkPackage(program.package(p));
  const totalMs = performance.now() - start - readMs;
  console.log(JSON.stringify({ parseMs, typeMs: totalMs - parseMs, totalMs, targetBytes, depBytes }));
}
