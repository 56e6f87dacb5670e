import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { askingCell, undecided } from "./cell-file.ts";
import { fillLedger, REPORT_NAME } from "./filled-ledger.ts";
import { hasBrowser, withBrowser, openBrowser, PageRig } from "./page-rig.ts";

/** Photographs go to the folder that CELLGATE_PHOTOS names, for people to look at. */
const PHOTOS = process.env["CELLGATE_PHOTOS"];
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
/** each view with what stands in it when it is filled */
const VIEWS: readonly (readonly [address: string, filled: string])[] = [
  ["#now", ".gauge canvas"],
  ["#risk", ".risk-charts canvas"],
  ["#decisions/look-1", ".trials .histogram"],
  ["#promotions", ".figures .histogram"],
  ["#rollouts", ".ladder"],
  ["#receipts", "td a"],
  ["#audit", ".graph li"],
  [`reports/${REPORT_NAME}`, ".uplot"],
];
const SIZES = [
  [390, 844],
  [1024, 768],
  [1920, 1080],
] as const;
const LONG_MS = 240_000;

interface AxeFound {
  readonly violations: readonly {
    readonly id: string;
    readonly impact: string;
    readonly nodes: readonly { readonly html: string }[];
  }[];
}
async function seriousIssues(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  const found = (await page.evaluate("axe.run(document, { resultTypes: ['violations'] })")) as AxeFound;
  return found.violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.map((n) => n.html.slice(0, 160)).join(" | ")}`);
}

describe.skipIf(!hasBrowser)(withBrowser("how it looks"), () => {
  let browser: Browser;
  let rig: PageRig;
  beforeAll(async () => {
    browser = await openBrowser();
    rig = new PageRig();
    await fillLedger(rig.data, rig.write(askingCell()));
    await rig.start(askingCell());
    await rig.node!.changedTo("RUNNING");
    await rig.post("/v1/proposals", undecided("look-1"), "planner_program");
    await rig.node!.line(
      (l) => l.receipt?.body["action_id"] === "look-1" && l.receipt.body.receipt_type === "block",
    );
    if (PHOTOS !== undefined) mkdirSync(PHOTOS, { recursive: true });
  }, LONG_MS);
  afterAll(async () => {
    await browser?.close();
    await rig?.close();
  });

  for (const theme of ["light", "dark"] as const)
    test(
      `${theme}: every view at 390, 1024 and 1920 px: nothing sticks out, nothing serious for axe-core`,
      async () => {
        for (const [width, height] of SIZES) {
          const page = await rig.page(browser, "now", { width, height, theme });
          for (const [address, filled] of VIEWS) {
            await page.goto(`${rig.url}/${address}`);
            await page.locator(filled).first().waitFor();
            const out = await page.evaluate<number>("document.documentElement.scrollWidth - innerWidth");
            expect(out, `${address} at ${width} px is wider than the screen`).toBeLessThanOrEqual(0);
            // between the narrow and the wide one nothing changes colour or role; looked at when photographed
            if (width !== 1024 || PHOTOS !== undefined)
              expect(await seriousIssues(page), `${address} at ${width} px`).toEqual([]);
            if (PHOTOS !== undefined)
              await page.screenshot({
                path: join(PHOTOS, `${address.replaceAll(/\W+/g, "-")}-${width}-${theme}.png`),
                fullPage: width === 390,
              });
          }
          await page.close();
        }
      },
      LONG_MS,
    );

  test(
    "the dialog of an act has no serious issue either",
    async () => {
      const page = await rig.page(browser);
      await page.getByRole("button", { name: "Kill…" }).click();
      await page.getByRole("dialog").waitFor();
      expect(await seriousIssues(page)).toEqual([]);
    },
    LONG_MS,
  );
});
