// Made by tools/gen-rules.ts from src/rules: do not edit.
import type { Rule } from "./rule.ts";
import { rule as r0 } from "./go/close-before-check/rule.ts";
import { rule as r1 } from "./go/context-cancel-lost/rule.ts";
import { rule as r2 } from "./go/context-detached/rule.ts";
import { rule as r3 } from "./go/context-never-done/rule.ts";
import { rule as r4 } from "./go/context-not-propagated/rule.ts";
import { rule as r5 } from "./go/defer-in-loop/rule.ts";
import { rule as r6 } from "./go/goroutine-range-unclosed/rule.ts";
import { rule as r7 } from "./go/goroutine-recv-blocked/rule.ts";
import { rule as r8 } from "./go/goroutine-send-blocked/rule.ts";
import { rule as r9 } from "./go/http-body-unclosed/rule.ts";
import { rule as r10 } from "./go/mutex-not-unlocked/rule.ts";
import { rule as r11 } from "./go/resource-unclosed/rule.ts";
import { rule as r12 } from "./go/sql-conn-unreleased/rule.ts";
import { rule as r13 } from "./go/sql-rows-err-unchecked/rule.ts";
import { rule as r14 } from "./go/sql-rows-unclosed/rule.ts";
import { rule as r15 } from "./go/sql-stmt-unclosed/rule.ts";
import { rule as r16 } from "./go/sql-tx-unfinished/rule.ts";
import { rule as r17 } from "./go/timer-after-in-loop/rule.ts";
import { rule as r18 } from "./go/unmarshal-error-unchecked/rule.ts";
import { rule as r19 } from "./go/waitgroup-mismatch/rule.ts";

export const all: readonly Rule[] = [r0, r1, r2, r3, r4, r5, r6, r7, r8, r9, r10, r11, r12, r13, r14, r15, r16, r17, r18, r19];
