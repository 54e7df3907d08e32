/** What other rooms use of the configuration. */
export type * from "./config.ts";
export { findConfig, loadConfig, type LoadConfigOptions } from "./load.ts";
export { ConfigError, parseConfig, readConfig } from "./parse.ts";
export { resolveAlerts, resolveTarget, resolveToken, type ResolvedTarget } from "./target.ts";
