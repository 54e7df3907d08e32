import type { LoadOptions } from "../go/load/options.ts";
import { type Overlay, OverlayFileSystem } from "../go/load/overlay.ts";

/** Options of a loader that sees the files of an overlay instead of those on the disk. */
export function loadOptions(load: LoadOptions | undefined, overlay: Overlay | undefined): LoadOptions {
  return { ...load, ...(overlay === undefined ? {} : { fs: new OverlayFileSystem(overlay) }) };
}
