/** Sizes and alignments as gc has them on 64-bit platforms, for constant unsafe.Sizeof, Alignof and Offsetof. */
import { under } from "./typeset.ts";
import { BasicKind, type Struct, type Type, TypeKind } from "./type.ts";

const basicSizes: number[] = [];
for (const [size, ...kinds] of [
  [1, BasicKind.Bool, BasicKind.Int8, BasicKind.Uint8],
  [2, BasicKind.Int16, BasicKind.Uint16],
  [4, BasicKind.Int32, BasicKind.Uint32, BasicKind.Float32],
  [8, BasicKind.Int, BasicKind.Uint, BasicKind.Int64, BasicKind.Uint64, BasicKind.Uintptr, BasicKind.Float64],
  [8, BasicKind.Complex64, BasicKind.UnsafePointer],
  [16, BasicKind.Complex128, BasicKind.String],
]) {
  for (const k of kinds) basicSizes[k] = size;
}

const align = (n: bigint, a: bigint): bigint => ((n + a - 1n) / a) * a;

/** Null where the size is not known (type parameters, unknown parts). */
export function sizeOf(t: Type): bigint | null {
  const u = t.kind === TypeKind.TypeParam ? null : under(t);
  switch (u?.kind) {
    case TypeKind.Basic: {
      const size = basicSizes[u.basic];
      return size === undefined ? null : BigInt(size);
    }
    case TypeKind.Array: {
      const elem = sizeOf(u.elem);
      return elem === null || u.length < 0n ? null : elem * u.length;
    }
    case TypeKind.Slice:
      return 24n;
    case TypeKind.Interface:
      return 16n;
    case TypeKind.Struct:
      return structSize(u);
    case TypeKind.Pointer:
    case TypeKind.Map:
    case TypeKind.Chan:
    case TypeKind.Signature:
      return 8n;
    default:
      return null;
  }
}

export function alignOf(t: Type): bigint | null {
  const u = t.kind === TypeKind.TypeParam ? null : under(t);
  switch (u?.kind) {
    case TypeKind.Array:
      return alignOf(u.elem);
    case TypeKind.Struct: {
      let most = 1n;
      for (const f of u.fields) {
        const a = f.type === null ? null : alignOf(f.type);
        if (a === null) return null;
        if (a > most) most = a;
      }
      return most;
    }
    case TypeKind.Basic: {
      if (u.basic === BasicKind.Complex64) return 4n;
      const size = sizeOf(u);
      return size === null ? null : size > 8n ? 8n : size;
    }
    default: {
      const size = u === null || u === undefined ? null : sizeOf(u);
      return size === null ? null : size > 8n ? 8n : size;
    }
  }
}

/** Offsets of all fields, then the end of the last one; null where a part is not known. */
export function fieldOffsets(s: Struct): bigint[] | null {
  const out: bigint[] = [];
  let at = 0n;
  for (const f of s.fields) {
    const size = f.type === null ? null : sizeOf(f.type);
    const a = f.type === null ? null : alignOf(f.type);
    if (size === null || a === null) return null;
    at = align(at, a);
    out.push(at);
    at += size;
  }
  out.push(at);
  return out;
}

function structSize(s: Struct): bigint | null {
  const offsets = fieldOffsets(s);
  const a = alignOf(s);
  if (offsets === null || a === null) return null;
  let end = offsets.at(-1) ?? 0n;
  // A zero-sized last field is padded, so that its address is not that of the next object (gc).
  const last = s.fields.at(-1)?.type ?? null;
  if (end > 0n && last !== null && sizeOf(last) === 0n) end += 1n;
  return align(end, a);
}
