import { expect, test } from "vitest";
import { parse } from "yaml";
import type { Deployment } from "../../../src/core/domain/index.ts";
import { loosened } from "../../../src/lab/promotion/loosening.ts";
import { withSection } from "../../../src/node/in-use/section.ts";
import { deploymentOf } from "../../../src/node/in-use/section.ts";
import { CELL, changed, GATE, RULES } from "./crafted-cell.ts";

const own: Deployment = deploymentOf(CELL, "test");
const ofText = (text: string): Deployment =>
  withSection("rules" in (parse(text) as object) ? "rules" : "gate", own, text);

const crafted: readonly (readonly [string, string, RegExp])[] = [
  ["rules: stops become slowness", changed(RULES, "action: stop", "action: slow"), /danger\.action/],
  ["rules: another channel", changed(RULES, "channel: tool_prox", "channel: base_scan"), /tool\.channel/],
  ["rules: a mark is gone", changed(RULES, "slowForceN: 60, ", ""), /slowForceN is gone/],
  [
    "rules: a rule is gone",
    changed(
      RULES,
      "    wrist: { channel: wrist_ft, minRiseN: 25, minRateNPerS: 2000 }\n",
      "    other: { channel: wrist_ft, minRiseN: 900, minRateNPerS: 90000 }\n",
    ),
    /contact\.wrist/,
  ],
  [
    "rules: channels may contradict for longer",
    changed(RULES, "discrepancyMs: 500", "discrepancyMs: 3000"),
    /discrepancyMs/,
  ],
  [
    "rules: only part of the scan",
    changed(RULES, "action: stop, withinM: 0.9", "action: stop, withinM: 0.9, fromRad: 0.2"),
    /fromRad/,
  ],
  ["gate: further verbs", changed(GATE, "[trajectory]", "[trajectory, gripper, twist]"), /more leave/],
  [
    "gate: further targets",
    changed(GATE, "  person:", "    other: { path: /other, verbs: [twist] }\n  person:"),
    /is new/,
  ],
  ["gate: a higher stage", changed(GATE, "stage: 2", "stage: 4"), /stage/],
  ["gate: no signature", changed(GATE, "signed: true", "signed: false"), /signed/],
  ["gate: forbidden zone opened", changed(GATE, "kind: forbidden", "kind: work"), /zones\.press/],
  ["gate: people are slow", `${GATE}  weights: { drift: 0.05 }\n`, /weights\.drift/],
];
test.each(crafted)("%s", (_, text, why) => expect(loosened(own, ofText(text))).toMatch(why));

const stricter: readonly (readonly [string, string])[] = [
  ["the same", RULES],
  ["a little looser", changed(RULES, "withinM: 0.9", "withinM: 0.75")],
  ["slowness becomes a stop", changed(RULES, "action: slow", "action: stop")],
  ["another zone", `${RULES.trimEnd()}\n    far: { channel: base_scan, action: slow, withinM: 3 }\n`],
  ["a mark to slow down at", changed(RULES, "minM: 0.2", "minM: 0.2, slowM: 0.4")],
  [
    "another forbidden zone",
    changed(GATE, "  zones:", "  zones:\n    door: { kind: forbidden, min: [0, 2, 0], max: [1, 3, 1] }"),
  ],
  ["a shorter horizon", `${GATE}  limits: { horizonMs: 500 }\n`],
  ["a lower stage", changed(GATE, "stage: 2", "stage: 1")],
];
test.each(stricter)("is no loosening: %s", (_, text) => expect(loosened(own, ofText(text))).toBeNull());

test("a new rule may not be watched less than the one of that name before", () => {
  const more = ofText(`${RULES.trimEnd()}\n    far: { channel: base_scan, action: stop, withinM: 3 }\n`);
  expect(loosened(more, own)).toMatch(/zones\.far.* is gone/);
});
