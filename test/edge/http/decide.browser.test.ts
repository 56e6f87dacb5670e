import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { askingCell, undecided } from "./cell-file.ts";
import { hasBrowser, openBrowser, PageRig, withBrowser } from "./page-rig.ts";

const LONG_MS = 240_000;

/** A decision taken with the keyboard alone, on a phone, and while the page goes on being told of the cell. */
describe.skipIf(!hasBrowser)(withBrowser("decisions that can be taken"), () => {
  let browser: Browser;
  let rig: PageRig;
  beforeAll(async () => {
    browser = await openBrowser();
    rig = new PageRig();
    await rig.start(askingCell());
    await rig.node!.changedTo("RUNNING");
  }, LONG_MS);
  afterAll(async () => {
    await browser?.close();
    await rig?.close();
  });
  /** each question is another one: the same again would be a loop */
  let value = 0.2;
  const next = (): number => (value += 0.05);
  /** An approved action that the arm refuses stops the cell: somebody resets and resumes it before the next question. */
  const backInOrder = async (): Promise<void> => {
    for (let i = 0; i < 100; i++) {
      const status = (await (await fetch(`${rig.url}/data/status`)).json()) as { state?: string };
      if (status.state === "RUNNING") return;
      const asked = { request_id: crypto.randomUUID(), reason: "in order again" };
      await rig.post("/v1/reset", { ...asked, level: 0 });
      await rig.post("/v1/reset", { ...asked, request_id: crypto.randomUUID(), level: 1 });
      await rig.post("/v1/resume", { ...asked, request_id: crypto.randomUUID() });
      await new Promise((done) => setTimeout(done, 200));
    }
    throw new Error("the cell did not run again");
  };
  const asked = async (page: Page, actionId: string): Promise<void> => {
    await backInOrder();
    await rig.post("/v1/proposals", undecided(actionId, "planner", next()), "planner_program");
    await page.getByText(`“${actionId}”`).first().waitFor();
  };
  const answered = (actionId: string, outcome: string) =>
    rig.node!.line((l) => l.receipt?.body["action_id"] === actionId && l.receipt.body["outcome"] === outcome);
  /** presses Tab until something with this name has the focus */
  const tabTo = async (page: Page, name: string): Promise<void> => {
    for (let i = 0; i < 60; i++) {
      if ((await page.evaluate("document.activeElement?.textContent")) === name) return;
      await page.keyboard.press("Tab");
    }
    throw new Error(`no way to “${name}” with the Tab key`);
  };
  const statusesHeard = (page: Page, count: number): Promise<unknown> =>
    page.evaluate(`new Promise((done) => {
      let heard = 0;
      const source = new EventSource("/live");
      source.addEventListener("status", () => { if (++heard >= ${count}) { source.close(); done(); } });
    })`);

  test(
    "focus and selection stay while the cell tells of itself, and while other questions come",
    async () => {
      const page = await rig.page(browser, "decisions");
      await asked(page, "stay-1");
      const approve = page.getByRole("button", { name: "Approve…" });
      await approve.focus();
      await page.evaluate(`(() => {
        const hash = document.querySelector(".asked code");
        getSelection().selectAllChildren(hash);
        globalThis.before = [document.activeElement, document.querySelector(".wait"), String(getSelection())];
      })()`);
      await statusesHeard(page, 25);
      await asked(page, "stay-2");
      await statusesHeard(page, 15);
      const kept = `(() => {
        const [focus, card, selected] = globalThis.before;
        return [document.activeElement === focus, document.contains(card), String(getSelection()) === selected, selected.length];
      })()`;
      expect(await page.evaluate(kept)).toEqual([true, true, true, 16]);
      await page.close();
    },
    LONG_MS,
  );

  test(
    "what happens without an answer, who asks, why and the hash stand in the card; its life line is told afterwards",
    async () => {
      const page = await rig.page(browser, "decisions");
      await asked(page, "life-1");
      const card = page.getByRole("article", { name: "Question about life-1" });
      for (const words of ["proposed by planner, by control:planner_program", "silence is a no", "void in"])
        await card.getByText(words).first().waitFor();
      await card.getByRole("button", { name: "Approve…" }).click();
      const dialog = page.getByRole("dialog");
      const hash = await dialog.locator("code.hash").textContent();
      await dialog.getByLabel("Operator token").fill(rig.token());
      await dialog.getByLabel("Reason").fill("looked into the cell");
      await dialog.getByRole("button", { name: "Approve", exact: true }).click();
      const receipt = await answered("life-1", "granted");
      expect(receipt.receipt!.body["args_hash"]).toBe(hash);
      await page.goto(`${rig.url}/#decisions/life-1`);
      const life = page.getByRole("list", { name: "The life of this action" });
      for (const step of ["proposed", "RED", "approved by shift_lead"])
        await life.getByText(step).first().waitFor();
      await page.close();
    },
    LONG_MS,
  );

  test(
    "an approval with the keyboard alone",
    async () => {
      const page = await rig.page(browser, "decisions");
      await asked(page, "keys-1");
      await page.keyboard.press("Tab");
      await tabTo(page, "Approve…");
      await page.keyboard.press("Enter");
      await page.getByRole("dialog").waitFor();
      const focused = await page.evaluate<string>("document.activeElement.id");
      if (focused === "ask-token") {
        await page.keyboard.type(rig.token());
        await page.keyboard.press("Tab");
      }
      await page.keyboard.type("by keyboard");
      await page.keyboard.press("Enter");
      await answered("keys-1", "granted");
      await page.close();
    },
    LONG_MS,
  );

  test(
    "a phone of 390 px approves: nothing is cut off, every button is large enough for a finger",
    async () => {
      const page = await rig.page(browser, "decisions", { width: 390, height: 844 });
      await asked(page, "phone-1");
      const approve = page
        .getByRole("article", { name: "Question about phone-1" })
        .getByRole("button", { name: "Approve…" });
      const box = (await approve.boundingBox())!;
      expect(box.height).toBeGreaterThanOrEqual(44);
      expect(box.x).toBeGreaterThanOrEqual(0);
      expect(box.x + box.width).toBeLessThanOrEqual(390);
      await approve.click();
      const dialog = page.getByRole("dialog");
      await dialog.getByLabel("Operator token").fill(rig.token());
      await dialog.getByLabel("Reason").fill("from the phone");
      expect(await page.evaluate("document.documentElement.scrollWidth - innerWidth")).toBeLessThanOrEqual(0);
      await dialog.getByRole("button", { name: "Approve", exact: true }).click();
      await answered("phone-1", "granted");
      await page.close();
    },
    LONG_MS,
  );

  test(
    "the picture is drawn on Now and on Decisions, with WebGL and without it, and its words say the same",
    async () => {
      const page = await rig.page(browser, "now");
      const figure = page.locator(".picture");
      await figure.locator(".picture-words li", { hasText: "base_scan" }).first().waitFor();
      // without graphics hardware WebGL is the slower one and not taken
      expect(await figure.getAttribute("data-painter")).toBe("2d");
      const label = await figure.locator(".picture-canvas").getAttribute("aria-label");
      expect(label).toMatch(/base_scan: nearest \d/);
      await page.goto(`${rig.url}/?painter=webgl#now`);
      await page.locator('.picture[data-painter="webgl"] .picture-words li').first().waitFor();
      await page.goto(`${rig.url}/?painter=2d#decisions`);
      await page.locator('.picture[data-painter="2d"] .picture-words li').first().waitFor();
      // something else than ground was painted
      const colors = await page.evaluate<number>(`(() => {
        const canvas = document.querySelector(".picture-canvas");
        const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        const found = new Set();
        for (let i = 0; i < data.length; i += 4) found.add(data[i] << 16 | data[i + 1] << 8 | data[i + 2]);
        return found.size;
      })()`);
      expect(colors).toBeGreaterThan(5);
      await page.close();
    },
    LONG_MS,
  );

  test(
    "margins stand beside their limits, with the least of today",
    async () => {
      const page = await rig.page(browser, "now");
      const row = page.locator(".margins tr", { hasText: "danger" });
      await row.getByText(/below 0\.9 m/).waitFor();
      await row.getByText(/ at \d\d:\d\d:\d\d/).waitFor();
      await page.close();
    },
    LONG_MS,
  );

  test(
    "a kill with the keyboard alone",
    async () => {
      const page = await rig.page(browser, "now");
      await page.getByRole("button", { name: "Kill…" }).waitFor();
      await tabTo(page, "Kill…");
      await page.keyboard.press("Enter");
      await page.getByRole("dialog").waitFor();
      await page.keyboard.type(rig.token());
      await page.keyboard.press("Tab");
      await page.keyboard.type("drill");
      await page.keyboard.press("Enter");
      await rig.node!.line((l) => l.receipt?.body["to"] === "STOPPED");
      await page.close();
    },
    LONG_MS,
  );
});
