/**
 * A gRPC client that pings more often than the server of the same package allows: the server answers with GOAWAY
 * "too_many_pings", and the connection is made anew again and again.
 */
import { calledName, isNamed } from "../../../go/summary/contexts.ts";
import type { CallExpr, CompositeLit } from "../../../go/syntax/ast-expr.ts";
import { type Node, NodeKind } from "../../../go/syntax/ast.ts";
import { fieldIn } from "../../../go/syntax/composite.ts";
import { walk } from "../../../go/syntax/walk.ts";
import type { FileScope } from "../../../go/types/package.ts";
import { constOf, typeOf } from "../../../go/types/record.ts";
import { defineRule, type RulePass } from "../../rule.ts";

const messages = {
  often:
    "This client pings every {time} and the server of this package allows one ping in {min}: after a few the server closes the connection with too_many_pings. Ping less often, or set MinTime of the server's EnforcementPolicy to at most {time}.",
  idle: "This client pings on idle connections (PermitWithoutStream) and the server of this package does not permit that: it closes the connection with too_many_pings. Set PermitWithoutStream on both sides alike.",
};

type Pass = RulePass<typeof messages>;

const keepalive = "google.golang.org/grpc/keepalive";
const Second = 1_000_000_000n;
/** https://pkg.go.dev/google.golang.org/grpc/keepalive#EnforcementPolicy: "The current default value is 5 minutes." */
const DefaultMinTime = 300n * Second;
/** https://pkg.go.dev/google.golang.org/grpc/keepalive#ClientParameters: "minimum value of 10s will be used instead". */
const LeastTime = 10n * Second;

export const rule = defineRule({
  id: "grpc-keepalive-conflict",
  title: "gRPC client pings more often than the server allows",
  severity: "warning",
  since: "0.2.0",
  messages,
  check(pass) {
    if (!pass.imports(keepalive)) return;
    const clients: { file: FileScope; lit: CompositeLit }[] = [];
    const policies: CompositeLit[] = [];
    const plain: CallExpr[] = [];
    for (const file of pass.files) {
      walk(file.file, (n: Node) => {
        if (n.kind === NodeKind.CompositeLit) {
          const t = typeOf(n);
          if (isNamed(t, keepalive, "ClientParameters")) clients.push({ file, lit: n });
          else if (isNamed(t, keepalive, "EnforcementPolicy")) policies.push(n);
        } else if (
          n.kind === NodeKind.CallExpr &&
          calledName(n, pass.summaries) === "google.golang.org/grpc.NewServer"
        ) {
          if (n.ellipsis < 0) plain.push(n);
        }
      });
    }
    // One policy, or none and servers whose options are all spelled out: else it is not known which of them it is.
    if (policies.length > 1 || (policies.length === 0 && plain.length === 0)) return;
    for (const { file, lit } of clients) check(pass, file, lit, policies[0] ?? null);
  },
});

function check(pass: Pass, file: FileScope, client: CompositeLit, policy: CompositeLit | null): void {
  const written = durationOf(client, "Time");
  // Without Time the client never pings.
  if (written === undefined || written === null || written === 0n) return;
  const time = written < LeastTime ? LeastTime : written;
  const min = policy === null ? DefaultMinTime : (durationOf(policy, "MinTime") ?? null);
  const report = (message: keyof typeof messages, at: Node, data: Record<string, string> = {}): void =>
    pass.report({
      file,
      at,
      unit: pass.units.findLast((u) => u.file === file && u.node.pos <= at.pos && at.end <= u.node.end) ?? null,
      message,
      data,
      path: [{ file, at, message: "the client's keepalive" }],
      ...(policy === null ? { noteBecause: "nothing here says which server the client calls" } : {}),
    });
  const least = min === null && policy !== null && fieldIn(policy, "MinTime") === null ? DefaultMinTime : min;
  if (least !== null && time < least) {
    report("often", fieldIn(client, "Time") ?? client, { time: text(time), min: text(least) });
  } else if (policy !== null && isTrue(client) && !isTrue(policy) && isPlainBool(policy)) {
    report("idle", fieldIn(client, "PermitWithoutStream") ?? client);
  }
}

/** Undefined: not written; null: computed. */
function durationOf(lit: CompositeLit, name: string): bigint | null | undefined {
  const e = fieldIn(lit, name);
  if (e === null) return undefined;
  const value = constOf(e);
  return typeof value === "bigint" ? value : null;
}

function isTrue(lit: CompositeLit): boolean {
  const e = fieldIn(lit, "PermitWithoutStream");
  return e !== null && constOf(e) === true;
}

function isPlainBool(lit: CompositeLit): boolean {
  const e = fieldIn(lit, "PermitWithoutStream");
  return e === null || typeof constOf(e) === "boolean";
}

function text(d: bigint): string {
  return d % (60n * Second) === 0n ? `${d / (60n * Second)} min` : `${d / Second} s`;
}
