/** Imports and local variables that nothing uses: the compiler refuses them, and a fix may have taken their last use away. */
import { type File, NodeKind } from "../go/syntax/ast.ts";
import { Token } from "../go/syntax/token.ts";
import { walk } from "../go/syntax/walk.ts";
import { PkgName, Var } from "../go/types/object.ts";
import { objOf } from "../go/types/record.ts";

/** How many; where it compiles none, but for parameters and the like, which may be idle and are not counted. */
export function idleNames(file: File): number {
  const declared = new Set<Var>();
  const mentions = new Map<object, number>();
  walk(file, (n) => {
    if (n.kind === NodeKind.Ident) {
      const obj = objOf(n);
      if (obj instanceof Var || obj instanceof PkgName) mentions.set(obj, (mentions.get(obj) ?? 0) + 1);
      return;
    }
    const places =
      (n.kind === NodeKind.AssignStmt && n.tok === Token.Define) || n.kind === NodeKind.ValueSpec
        ? n.kind === NodeKind.ValueSpec
          ? n.names
          : n.lhs
        : n.kind === NodeKind.RangeStmt && n.tok === Token.Define
          ? [n.key, n.value]
          : [];
    for (const e of places) {
      const obj = e?.kind === NodeKind.Ident && e.name !== "_" ? objOf(e) : null;
      if (obj instanceof Var) declared.add(obj);
    }
  });
  let idle = 0;
  // The declaration itself is one mention.
  for (const v of declared) if ((mentions.get(v) ?? 0) <= 1) idle++;
  for (const spec of file.imports) {
    const name = spec.name?.name ?? "";
    if (name === "_" || name === "." || !(spec.obj instanceof PkgName)) continue;
    const own = spec.name !== null && objOf(spec.name) === spec.obj ? 1 : 0;
    if ((mentions.get(spec.obj) ?? 0) <= own) idle++;
  }
  return idle;
}
