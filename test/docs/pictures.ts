import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { NodeProcess } from "../node/processes.ts";
import { DOCS } from "./markdown.ts";

/** Makes the pictures of README and the pages from the running product: npm run docs:pictures. */
const WIDTH = 1_280;
const HEIGHT = 860;
const folder = mkdtempSync(join(tmpdir(), "cellgate-pictures-"));
const node = new NodeProcess(
  "start",
  "--scenario",
  "walk-in",
  "--data",
  join(folder, "data"),
  "--seed",
  "7",
  "--port",
  "0",
  "--for",
  "5m",
  "--json",
);
const browser = await chromium.launch({
  executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--enable-unsafe-swiftshader"],
});
try {
  await node.changedTo("RUNNING");
  const address = /http:\/\/127\.0\.0\.1:\d+/.exec(node.stderr)?.[0];
  if (address === undefined) throw new Error(`the node named no page: ${node.stderr}`);
  mkdirSync(join(DOCS, "pictures"), { recursive: true });
  const pages = await Promise.all(
    (["light", "dark"] as const).map(async (colorScheme) => {
      const context = await browser.newContext({ colorScheme, viewport: { width: WIDTH, height: HEIGHT } });
      const page = await context.newPage();
      await page.goto(address);
      await page.getByText("May move").first().waitFor();
      return { colorScheme, page };
    }),
  );
  await Promise.all(
    pages.map(async ({ colorScheme, page }) => {
      // the plan of the cell is painted before somebody walks in
      await page.locator(".picture-words li").first().waitFor();
      await page.getByText("Must not move", { exact: true }).waitFor();
      await page.waitForTimeout(300);
      await page.screenshot({ path: join(DOCS, "pictures", `stop-${colorScheme}.png`) });
      console.log(`docs/pictures/stop-${colorScheme}.png`);
    }),
  );
} finally {
  await browser.close();
  await node.kill("SIGINT");
  rmSync(folder, { recursive: true, force: true });
}
