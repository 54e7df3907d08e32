/** The module cache: $GOMODCACHE/path@version with upper-case letters written as !lower (https://go.dev/ref/mod#module-cache). */
import { join } from "node:path";

/** `github.com/Azure/sdk` → `github.com/!azure/sdk`, for file systems that fold case. */
export function escapeModulePath(path: string): string {
  return path.replace(/[A-Z]/g, (c) => `!${c.toLowerCase()}`);
}

export class ModuleCache {
  constructor(readonly dir: string) {}

  /** Folder of an unpacked module. */
  moduleDir(path: string, version: string): string {
    return join(this.dir, `${escapeModulePath(path)}@${escapeModulePath(version)}`);
  }

  /** Its go.mod, which is often there although the module itself has not been unpacked. */
  goModFile(path: string, version: string): string {
    return join(this.dir, "cache", "download", escapeModulePath(path), "@v", `${escapeModulePath(version)}.mod`);
  }
}
