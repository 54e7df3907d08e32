/** How the per-call rules speak: one site becomes a report with the chain that proves that it runs again and again. */
import type { Evidence } from "../go/summary/entry-points.ts";
import { type Maker, type PerCallSite, perCallSites } from "../go/summary/per-call.ts";
import { calledName } from "../go/summary/contexts.ts";
import type { SharedClient } from "../go/knowledge/shared-clients.ts";
import { type Node, NodeKind } from "../go/syntax/ast.ts";
import type { Pass, ReportDraft, RulePass, StepDraft } from "./rule.ts";
import { exprText } from "./source-text.ts";

export const perCallMessages = {
  perCall:
    "{call} makes {noun} {often}, and nothing closes or keeps it: each call leaves its connections and goroutines behind. Make it once, where the program starts, and share it.",
  perhaps:
    "{call} makes {noun} {often} and gives it to code that may keep it: unless something closes it, each call leaves its connections and goroutines behind. Make it once, where the program starts, and share it.",
} as const;

export function evidenceSteps(evidence: readonly Evidence[]): StepDraft[] {
  return evidence.map(({ unit, at, message }) => ({ file: unit.file, at, message }));
}

/** "for every HTTP request", from the head of the chain. */
export function often(evidence: readonly Evidence[]): string {
  const said = /(?:for|in|at) every .*$/.exec(evidence[0]?.message ?? "");
  return said === null ? "on every turn of a loop" : said[0];
}

/** Sites of the rule's own clients. */
export function sharedClientSites(pass: Pass, rule: SharedClient["rule"]): PerCallSite<SharedClient>[] {
  const made: Maker<SharedClient> = (e) => {
    const row =
      e.kind === NodeKind.CallExpr ? pass.summaries.knowledge.sharedClient(calledName(e, pass.summaries)) : null;
    return row === null || row.rule !== rule
      ? null
      : { what: row, methods: row.methods, functions: row.functions ?? [] };
  };
  return perCallSites(pass, made);
}

/** The places that such a rule reports. */
export function perCallPlaces(pass: Pass, rule: SharedClient["rule"]): ReadonlySet<Node> {
  return new Set(sharedClientSites({ ...pass, unsure: false }, rule).map((site) => site.at));
}

export function reportPerCall(pass: RulePass<typeof perCallMessages>, rule: SharedClient["rule"]): void {
  for (const site of sharedClientSites(pass, rule)) pass.report(describe(site, site.made.what.noun));
}

export function describe(site: PerCallSite<unknown>, noun: string): ReportDraft<typeof perCallMessages> {
  const { unit, at, evidence, through, unsure } = site;
  const { file } = unit;
  const withArticle = /^(?:[aeio]|AMQP|HTTP)/.test(noun) ? `an ${noun}` : `a ${noun}`;
  const call = at.kind === NodeKind.CallExpr ? exprText(file, at.fun) : exprText(file, at).replace(/\{.*$/, "{…}");
  return {
    file,
    at,
    unit,
    ...(unsure ? { message: "perhaps", confidence: "low" } : { message: "perCall" }),
    data: { call, noun: withArticle, often: often(evidence) },
    path: [
      ...evidenceSteps(evidence),
      { file, at, message: through === null ? `makes ${withArticle}` : `makes ${withArticle}, in ${through.name}` },
    ],
  };
}
