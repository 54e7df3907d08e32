/** How the per-call rules speak: one site becomes a report with the chain that proves that it runs again and again. */
import type { Evidence } from "../go/summary/entry-points.ts";
import { makesQuestion, type Maker, type PerCallSite, perCallSites } from "../go/summary/per-call.ts";
import type { Question } from "../go/summary/question.ts";
import type { Summaries } from "../go/summary/summaries.ts";
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

const makerOf =
  (rule: SharedClient["rule"]) =>
  (summaries: Summaries): Maker<SharedClient> =>
  (e) => {
    const row = e.kind === NodeKind.CallExpr ? summaries.knowledge.sharedClient(calledName(e, summaries)) : null;
    return row === null || row.rule !== rule
      ? null
      : { what: row, methods: row.methods, functions: row.functions ?? [] };
  };

const questions: Readonly<Record<SharedClient["rule"], Question<[]>>> = {
  "grpc-conn-per-call": makesQuestion("makes a gRPC connection", makerOf("grpc-conn-per-call")),
  "redis-client-per-call": makesQuestion("makes a Redis client", makerOf("redis-client-per-call")),
  "sql-open-per-call": makesQuestion("makes a database pool", makerOf("sql-open-per-call")),
  "client-per-call": makesQuestion("makes another client", makerOf("client-per-call")),
};

/** Sites of the rule's own clients. */
export function sharedClientSites(pass: Pass, rule: SharedClient["rule"]): PerCallSite<SharedClient>[] {
  return perCallSites(pass, makerOf(rule)(pass.summaries), questions[rule]);
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
