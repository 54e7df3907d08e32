/** What `stanch.yaml` declares, in the terms of the analysis. */
import type { Config, DeclaredResource } from "../config/config.ts";
import { type Declared, nothingDeclared } from "../go/knowledge/declared.ts";
import { deadlines, type ResourceKind } from "../go/knowledge/kinds.ts";

export function declaredBy(config: Config | null): Declared {
  if (config === null) return nothingDeclared;
  const perCall = config.resources.filter((r) => r.lifetime === "call");
  const shared = config.resources.filter((r) => r.lifetime === "shared");
  return {
    acquires: perCall.flatMap((r) => r.acquire.map((func) => ({ func, result: r.result ?? 0, kind: kindOf(r) }))),
    shared: shared.flatMap((r) =>
      r.acquire.map((func) => ({
        func,
        rule: "client-per-call" as const,
        noun: r.name,
        methods: r.methods,
        functions: r.functions,
        link: config.file,
      })),
    ),
    takesArgument: config.takesOwnership,
    neverReturns: config.neverReturns,
    handlers: config.handlers.flatMap((h) => ("func" in h ? [h] : [])),
    handlerShapes: config.handlers.flatMap((h) => ("params" in h ? [h] : [])),
  };
}

function kindOf(r: DeclaredResource): ResourceKind {
  const value = ["{x}", ...r.path].join(".");
  return {
    id: `declared:${r.name}`,
    noun: r.name,
    rule: "resource-unclosed",
    path: r.path,
    methods: r.methods,
    call: r.call,
    exhaustedBy: [],
    functions: r.functions,
    failing: deadlines,
    releaseText: r.call ? `${value}()` : `${value}.${r.methods[0] ?? "Close"}()`,
  };
}
