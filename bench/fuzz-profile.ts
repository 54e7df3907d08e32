/**
 * 200,000 damaged inputs through every reader: nothing but a one-line error may come out, and no input may take long.
 *
 *     npx tsx bench/fuzz-profile.ts [how many] [first seed]
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { UsageError } from "../src/base/errors.ts";
import { parseDump } from "../src/profile/dump.ts";
import { mutate } from "../src/profile/fuzz.ts";
import { groupGoroutines } from "../src/profile/group.ts";
import { openProfile } from "../src/profile/open.ts";
import { parseExposition } from "../src/probe/prometheus-text.ts";
import { parseSockets, SocketTable } from "../src/probe/sockets.ts";

const many = Number(process.argv[2] ?? 200_000);
const first = Number(process.argv[3] ?? 0);
const captures = join(new URL(".", import.meta.url).pathname, "../testdata/captures");
const inputs: Uint8Array[] = [];
for (const version of readdirSync(captures).filter((d) => d.startsWith("go-")))
  for (const file of readdirSync(join(captures, version))) {
    const bytes = readFileSync(join(captures, version, file));
    inputs.push((file.endsWith(".gz") ? gunzipSync(bytes) : bytes).subarray(0, 12_000));
  }
const started = performance.now();
let read = 0;
let refused = 0;
let slowest = 0;
let worst = 0;
for (let seed = first; seed < first + many; seed++) {
  const input = mutate(inputs[seed % inputs.length], seed);
  const at = performance.now();
  try {
    const { profile } = openProfile(input);
    if (seed % 4 === 0) groupGoroutines(profile);
    read++;
  } catch (e) {
    if (!(e instanceof UsageError)) {
      console.error(`seed ${seed}:`, e);
      process.exit(1);
    }
    refused++;
  }
  parseDump(input);
  if (seed % 8 === 0) {
    parseExposition(Buffer.from(input).toString("latin1"));
    parseSockets(input, 0, input.length, 0, 4, new SocketTable());
  }
  const took = performance.now() - at;
  if (took > slowest) {
    slowest = took;
    worst = seed;
  }
}
console.log(
  `${many} inputs in ${((performance.now() - started) / 1000).toFixed(1)} s: ${read} read, ${refused} refused, none crashed; slowest ${slowest.toFixed(0)} ms (seed ${worst}); peak ${Math.round(process.resourceUsage().maxRSS / 1024)} MiB`,
);
