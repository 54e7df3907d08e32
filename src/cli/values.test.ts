import { Command } from "commander";
import { expect, test } from "vitest";
import { registerLive } from "./live.ts";
import { registerSource } from "./source.ts";
import { days, duration, interval, sayDefaults, size } from "./values.ts";
import { registerDemo, registerWatching } from "./watching.ts";

test("help gives every default as one would type it", () => {
  const program = new Command("stanch");
  for (const register of [registerSource, registerLive, registerWatching, registerDemo]) register(program);
  sayDefaults(program);
  let told = 0;
  for (const command of program.commands)
    for (const { parseArg, defaultValue, defaultValueDescription, long } of command.options) {
      const units = ([duration, interval, days, size] as unknown[]).includes(parseArg);
      if (!units || defaultValue === undefined) continue;
      told++;
      expect(parseArg?.(defaultValueDescription ?? "", undefined), `${command.name()} ${long}`).toBe(defaultValue);
    }
  expect(told).toBeGreaterThan(15);
});
