/** Generated files of a package: they are read for their declarations only, so that what their functions call is known by its name alone. */
import type { Package } from "../types/package.ts";

const memo = new WeakMap<Package, readonly Buffer[]>();

/** A generated file of the package has the name somewhere: what is called so may be called there. */
export function isNamedInGenerated(pkg: Package, name: string): boolean {
  let texts = memo.get(pkg);
  if (texts === undefined) {
    texts = pkg.files
      .filter(({ file }) => file.generated)
      .map(({ file: { src } }) => Buffer.from(src.buffer, src.byteOffset, src.byteLength));
    memo.set(pkg, texts);
  }
  return texts.some((text) => text.includes(name));
}
