import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { isStale, schemaText } from "./gen-config-schema.ts";

test("the schema that editors read is the one that the program checks with", () => {
  expect(isStale(), "run npx tsx tools/gen-config-schema.ts").toBe(false);
});

test("it takes the example of the documentation and refuses a typo", () => {
  const validate = new Ajv({ strict: false }).compile(JSON.parse(schemaText()) as object);
  const page = readFileSync(join(import.meta.dirname, "../docs/formats/stanch-yaml.md"), "utf8");
  const example = /```yaml\n([\s\S]*?)```/.exec(page)?.[1] ?? "";
  expect(validate(parse(example)), JSON.stringify(validate.errors)).toBe(true);
  expect(validate({ resorces: [] })).toBe(false);
  expect(validate({ rules: { "defer-in-lop": "off" } })).toBe(false);
});
