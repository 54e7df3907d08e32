/** The process that bench/parse.ts times: parses and walks the listed files once per line of standard input. */
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { parseFile } from "../src/go/syntax/parser.ts";
import { walk } from "../src/go/syntax/walk.ts";

const sources = readFileSync(process.argv[2], "utf8")
  .split("\n")
  .map((path) => readFileSync(path));

createInterface({ input: process.stdin }).on("line", () => {
  let nodes = 0;
  const count = (): void => {
    nodes++;
  };
  const start = process.hrtime.bigint();
  for (const src of sources) {
    walk(parseFile("", src), count);
  }
  console.log(`${process.hrtime.bigint() - start} ${nodes}`);
});
