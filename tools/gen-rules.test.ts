import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { apply, generate } from "./gen-rules.ts";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

test("the list, the pages and docs/rules are what the folders say (else: npx tsx tools/gen-rules.ts)", async () => {
  expect(apply(root, await generate(root), false)).toEqual([]);
});
