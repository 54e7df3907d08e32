/** Writes docs/formats/stanch-yaml.schema.json. Run: `npx tsx tools/gen-config-schema.ts`; a test says when it is stale. */
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { ignorePages } from "../src/check/ignore-pages.ts";
import { configSchema } from "../src/config/json-schema.ts";
import { rules } from "../src/rules/registry.ts";

const file = join(dirname(fileURLToPath(import.meta.url)), "../docs/formats/stanch-yaml.schema.json");

export function schemaText(): string {
  return `${JSON.stringify(configSchema([...rules.map((r) => r.id), ...ignorePages.keys()]), null, 2)}\n`;
}

export function isStale(): boolean {
  return readFileSync(file, "utf8") !== schemaText();
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url))
  writeFileSync(file, schemaText());
