/** `stanch explain`: the page of a rule or of a case, as the documentation has it. */
import { UsageError } from "../base/errors.ts";
import { nearest } from "../base/nearest.ts";
import { ignorePages } from "../check/ignore-pages.ts";
import { casePages, type CasePage } from "../demo/shipped.ts";
import { pageText } from "../report/page.ts";
import { pageOf, rules, rulesById } from "../rules/registry.ts";
import { coloursOn } from "./colour.ts";
import { terminalWidth } from "./progress.ts";

export async function run(id: string | undefined, flags: { readonly markdown?: boolean }): Promise<void> {
  const cases = casePages();
  if (id === undefined) {
    process.stdout.write(list(cases));
    return;
  }
  const page = caseOf(cases, id)?.text ?? (await pageOf(id)) ?? ignorePages.get(id) ?? null;
  if (page === null) {
    const like = nearest(id, [...rulesById.keys(), ...cases.map((c) => c.name)]);
    throw new UsageError(
      `no rule or case is called ${id}; ${like === null ? '"stanch explain" lists them' : `did you mean ${like}?`}`,
    );
  }
  const options = { colour: coloursOn(process.stdout), width: terminalWidth() };
  process.stdout.write(flags.markdown === true ? page : pageText(page, options));
}

/** "3", "case 3" and "grpc-channel" alike. */
function caseOf(cases: readonly CasePage[], id: string): CasePage | undefined {
  const number = /^(?:case[ -]?)?(\d+)$/i.exec(id)?.[1];
  return cases.find((c) => (number === undefined ? c.name === id : c.number === Number(number)));
}

function list(cases: readonly CasePage[]): string {
  const width = Math.max(...rules.map((r) => r.id.length));
  return [
    "cases: what Go services lose, in the source and live, each with a service to try it on (stanch explain 1)",
    ...cases.map((c) => `${`${c.number}  ${c.name}`.padEnd(width)}           ${c.title}`),
    "",
    "rules of stanch check",
    ...rules.map((r) => `${r.id.padEnd(width)}  ${r.severity.padEnd(7)}  ${r.title}`),
    "",
  ].join("\n");
}
