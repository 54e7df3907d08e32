/** Writes docs/formats/openapi.json from src/server/openapi.ts; a test says when it is stale. `npx tsx tools/gen-openapi.ts` */
import { readFileSync, writeFileSync } from "node:fs";
import { openApi } from "../src/server/openapi.ts";

const at = (path: string): URL => new URL(`../${path}`, import.meta.url);
const { version } = JSON.parse(readFileSync(at("package.json"), "utf8")) as { version: string };
writeFileSync(at("docs/formats/openapi.json"), `${JSON.stringify(openApi(version), null, 2)}\n`);
