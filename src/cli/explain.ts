import { UsageError } from "../base/errors.ts";
import { nearest } from "../base/nearest.ts";
import { ignorePages } from "../check/ignore-pages.ts";
import { pageText } from "../report/page.ts";
import { pageOf, rules, rulesById } from "../rules/registry.ts";
import { coloursOn } from "./colour.ts";
import { terminalWidth } from "./progress.ts";

export async function run(id: string | undefined, flags: { readonly markdown?: boolean }): Promise<void> {
  if (id === undefined) {
    const width = Math.max(...rules.map((r) => r.id.length));
    for (const r of rules) process.stdout.write(`${r.id.padEnd(width)}  ${r.severity.padEnd(7)}  ${r.title}\n`);
    return;
  }
  const page = (await pageOf(id)) ?? ignorePages.get(id) ?? null;
  if (page === null) {
    const like = nearest(id, rulesById.keys());
    throw new UsageError(
      `no rule is called ${id}; ${like === null ? '"stanch explain" lists them' : `did you mean ${like}?`}`,
    );
  }
  const options = { colour: coloursOn(process.stdout), width: terminalWidth() };
  process.stdout.write(flags.markdown === true ? page : pageText(page, options));
}
