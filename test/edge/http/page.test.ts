import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { askingCell, undecided } from "./cell-file.ts";
import { hasBrowser, openBrowser, PageRig, WAIT_MS, withBrowser } from "./page-rig.ts";

const LONG_MS = 240_000;
const inBrowser = describe.skipIf(!hasBrowser);

let browser: Browser;
let rig: PageRig;
const head = (page: Page) => page.locator(".hero-head");
const says = async (page: Page, text: string) =>
  page.locator(".hero-head", { hasText: new RegExp(`^${text}$`) }).waitFor();
const inState = async (page: Page, state: string) => page.locator(`html[data-state="${state}"]`).waitFor();
async function answer(page: Page, token: string, reason: string, button: string): Promise<string> {
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Operator token").fill(token);
  await dialog.getByLabel("Reason").fill(reason);
  await dialog.getByRole("button", { name: button, exact: true }).click();
  // in one step: a dialog that was answered closes by itself soon after
  return (await dialog.locator(".result[data-outcome]").textContent()) ?? "";
}
/** nobody may approve what they brought: proposals come from another operator */
const propose = (proposal: object) => rig.post("/v1/proposals", proposal, "planner_program");
const waitFor = async (page: Page, actionId: string) => page.getByText(`“${actionId}”`).first().waitFor();
const startMoving = async () => {
  const state = async () =>
    ((await (await fetch(`${rig.url}/data/status`)).json()) as { state: string } | null)?.state;
  for (let i = 0; i < 100 && (await state()) !== "RUNNING"; i++) {
    await rig.post("/v1/reset", { request_id: crypto.randomUUID(), level: 1, reason: "test" });
    await rig.post("/v1/reset", { request_id: crypto.randomUUID(), level: 0, reason: "test" });
    await rig.post("/v1/resume", { request_id: crypto.randomUUID(), reason: "test" });
    await new Promise((done) => setTimeout(done, 100));
  }
};

beforeAll(async () => {
  if (hasBrowser) browser = await openBrowser();
}, LONG_MS);
afterAll(() => browser?.close());

inBrowser(withBrowser("the page of a real node, in a real browser"), () => {
  beforeAll(async () => {
    rig = new PageRig();
    await rig.start(askingCell());
    await startMoving();
  }, LONG_MS);
  afterAll(() => rig?.close());

  test(
    "H46 says that it is no safety device, whether the cell may move, and loads nothing from outside",
    async () => {
      const page = await rig.page(browser);
      await says(page, "May move");
      expect(await page.locator(".notice").textContent()).toContain("Not a safety-rated device");
      const loaded = await page.evaluate<string[]>(
        'performance.getEntriesByType("resource").map((r) => r.name)',
      );
      expect(loaded.filter((name) => !name.startsWith(rig.url))).toEqual([]);
    },
    LONG_MS,
  );

  test(
    "a whole load is at most 200 KB compressed",
    async () => {
      const page = await rig.page(browser);
      const bytes = await page.evaluate<number>(
        `[...performance.getEntriesByType("resource"), ...performance.getEntriesByType("navigation")]
          .filter((r) => !r.name.endsWith("/live")).reduce((sum, r) => sum + r.transferSize, 0)`,
      );
      expect(bytes).toBeGreaterThan(20_000);
      expect(bytes).toBeLessThanOrEqual(200 * 1024);
    },
    LONG_MS,
  );

  test(
    "a stop appears by itself, with its cause; D27 a wrong token does not approve, the right one does",
    async () => {
      const page = await rig.page(browser, "decisions");
      expect((await propose(undecided("ask-1"))).status).toBe(202);
      await waitFor(page, "ask-1");
      await page.getByRole("link", { name: "Decisions (1)" }).waitFor({ timeout: WAIT_MS });
      await page.getByRole("button", { name: "Approve…" }).click();
      const refused = await answer(page, "not-a-token", "looks fine", "Approve");
      expect(refused).toContain("Refused: token missing or wrong");
      expect(rig.node!.lines.some((l) => l.receipt?.body.receipt_type === "approval")).toBe(false);
      const accepted = await answer(page, rig.token(), "checked the cell", "Approve");
      expect(accepted).toContain("Accepted");
      const receipt = await rig.node!.line((l) => l.receipt?.body.receipt_type === "approval");
      expect(receipt.receipt!.body).toMatchObject({
        outcome: "granted",
        by: "shift_lead",
        reason: expect.stringContaining("checked the cell"),
        action_id: "ask-1",
      });
    },
    LONG_MS,
  );

  test(
    "a denial leaves its receipt, and its verdict shows every factor",
    async () => {
      const page = await rig.page(browser, "decisions");
      await propose(undecided("ask-2", "planner", 0.6));
      await waitFor(page, "ask-2");
      await page.getByRole("button", { name: "Deny…" }).click();
      expect(await answer(page, rig.token(), "not today", "Deny")).toContain("Accepted");
      const denied = (l: { receipt?: { body: Record<string, unknown> } }) =>
        l.receipt?.body["action_id"] === "ask-2" && l.receipt.body["outcome"] === "denied";
      await rig.node!.line(denied);
      await page.goto(`${rig.url}/#decisions/ask-2`);
      await page.locator(".share-name", { hasText: "entropy" }).waitFor();
      await page.getByText("Monte Carlo").first().waitFor();
    },
    LONG_MS,
  );

  test(
    "A3 H46 kill stops at once and shows its reason and receipt, and reset does not start motion; resume does",
    async () => {
      const page = await rig.page(browser);
      await says(page, "May move");
      await page.getByRole("button", { name: "Kill…" }).click();
      expect(await answer(page, rig.token(), "drill", "Kill")).toContain("Accepted");
      await says(page, "Must not move");
      await page.locator(".cause-title").waitFor();
      // 46: reason, evidence and what this is not, in one look
      const evidence = page.getByRole("link", { name: "the receipt of this change" });
      const stopped = await rig.node!.line((l) => l.receipt?.body["to"] === "STOPPED");
      expect(await evidence.getAttribute("href")).toBe(
        `#receipts/${encodeURIComponent(String(stopped.receipt!.receipt_id))}`,
      );
      expect(await page.locator(".notice").isVisible()).toBe(true);
      await page.getByRole("dialog").waitFor({ state: "hidden" });
      await page.getByRole("button", { name: "Release kill…" }).click();
      expect(await answer(page, rig.token(), "drill over", "Release kill")).toContain("Accepted");
      await page.getByRole("dialog").waitFor({ state: "hidden" });
      await page.getByRole("button", { name: "Reset…" }).click();
      await answer(page, rig.token(), "drill over", "Reset");
      await page.keyboard.press("Escape");
      await inState(page, "READY_BLOCKED");
      expect(await head(page).textContent()).toBe("Must not move");
      const moved = rig.node!.lines.filter((l) => l.receipt?.body["to"] === "RUNNING").length;
      await page.waitForTimeout(700);
      expect(rig.node!.lines.filter((l) => l.receipt?.body["to"] === "RUNNING").length).toBe(moved);
      await page.getByRole("dialog").waitFor({ state: "hidden" });
      await page.getByRole("button", { name: "Resume…" }).click();
      expect(await answer(page, rig.token(), "drill over", "Resume")).toContain("Accepted");
      await says(page, "May move");
    },
    LONG_MS,
  );

  test(
    "text of strangers stays text: names with script in them do nothing",
    async () => {
      const page = await rig.page(browser, "decisions");
      await page.evaluate(
        'addEventListener("securitypolicyviolation", () => { globalThis.hurt = "policy"; })',
      );
      const evil = '<img src=x onerror="globalThis.hurt=1"><script>globalThis.hurt=2</script>';
      await propose(undecided(evil, `"><svg onload=globalThis.hurt=3>`, 0.7));
      await rig.node!.line((l) => JSON.stringify(l.receipt?.body ?? "").includes("globalThis.hurt"));
      await rig.post("/v1/reset", { request_id: crypto.randomUUID(), level: 0, reason: evil });
      // such a name is refused, and the refusal quotes it
      await page
        .getByText(/globalThis\.hurt=1/)
        .first()
        .waitFor();
      await page
        .getByRole("link", { name: /^refused-/ })
        .first()
        .click();
      await page
        .locator(".detail-pane")
        .getByText(/globalThis\.hurt=1/)
        .first()
        .waitFor();
      for (const view of ["now", "receipts", `audit/${encodeURIComponent(evil)}`]) {
        await page.goto(`${rig.url}/#${view}`);
        await page.waitForTimeout(300);
      }
      expect(await page.evaluate("globalThis.hurt")).toBeUndefined();
      expect(await page.locator("main img, main script, main [onload], main [onerror]").count()).toBe(0);
    },
    LONG_MS,
  );

  test(
    "a receipt is verified in the browser; a changed receipt, proof or key is not",
    async () => {
      const page = await rig.page(browser, "receipts");
      await page.locator("td a", { hasText: "state_change" }).last().click();
      await page.getByRole("button", { name: "Verify in this browser" }).click();
      await page.getByText("This receipt stands, unchanged, in the signed ledger.").waitFor();
      const id = decodeURIComponent(new URL(page.url()).hash.split("/")[1]!);
      // as text: the test runner rewrites imports in functions
      const outcomes = await page.evaluate(`(async () => {
      const { verifyProof } = await import("/page/verify.js");
      const { proof, key, text } = await (await fetch("/data/receipt?id=${encodeURIComponent(id)}")).json();
      const flip = (t, at) => t.slice(0, at) + (t[at] === "A" ? "B" : "A") + t.slice(at + 1);
      const hash = proof.indexOf("\\n", proof.indexOf("index ")) + 5;
      const signature = proof.length - 20;
      const run = async (p, k, t) => (await verifyProof(p, k, t)).ok;
      const changedLeaf = (turn) => {
        const line = /extra (\\S+)/.exec(proof)[1];
        const bytes = Uint8Array.from(atob(line), (c) => c.charCodeAt(0));
        const leaf = turn(new TextDecoder().decode(bytes));
        return proof.replace(line, btoa(String.fromCharCode(...new TextEncoder().encode(leaf))));
      };
      const half = (n) => changedLeaf((leaf) => leaf.replace(/"dual_hash":"([0-9a-f]+):([0-9a-f]+)"/, (_, a, b) =>
        '"dual_hash":"' + (n === 0 ? "0".repeat(64) + ":" + b : a + ":" + "0".repeat(64)) + '"'));
      const failing = async (p) => (await verifyProof(p, key, text)).steps.filter((s) => !s.ok).map((s) => s.text);
      return {
        good: await run(proof, key, text),
        text: await run(proof, key, text + " "),
        path: await run(flip(proof, hash), key, text),
        leaf: await run(flip(proof, proof.indexOf("extra ") + 40), key, text),
        signature: await run(flip(proof, signature), key, text),
        key: await run(proof, flip(key, key.length - 8), text),
        rubbish: await run("rubbish", key, text),
        sha256: (await failing(half(0)))[0],
        blake3: (await failing(half(1)))[0],
      };
    })()`);
      expect(outcomes).toEqual({
        good: true,
        text: false,
        path: false,
        leaf: false,
        signature: false,
        key: false,
        rubbish: false,
        sha256: "Its SHA-256 is the one in the leaf",
        blake3: "Its BLAKE3 is the one in the leaf",
      });
    },
    LONG_MS,
  );

  test(
    "every view is reached with the keyboard alone",
    async () => {
      const page = await rig.page(browser);
      await page.keyboard.press("Tab");
      expect(await page.evaluate("document.activeElement?.className")).toBe("skip");
      for (const title of ["Now", "Risk", "Decisions", "Promotions", "Rollouts", "Receipts", "Audit"]) {
        await page.keyboard.press("Tab");
        expect(await page.evaluate("document.activeElement?.textContent")).toBe(title);
        if (title !== "Risk") continue;
        await page.keyboard.press("Enter");
        await page.locator("main.view-risk").waitFor();
        await page.locator('nav [aria-current="page"]', { hasText: "Risk" }).focus();
      }
    },
    LONG_MS,
  );
});

inBrowser(withBrowser("a node that is gone"), () => {
  let lone: PageRig;
  let page: Page;
  beforeAll(async () => {
    lone = new PageRig();
    await lone.start(askingCell());
    page = await lone.page(browser);
  }, LONG_MS);
  afterAll(async () => {
    lone?.node?.child.kill("SIGCONT");
    await lone?.close();
  });
  const saysLost = () =>
    page
      .getByRole("alert")
      .getByText(/Lost the node/)
      .waitFor();

  test(
    "that stands still is as lost as a dead one, and is live again when it goes on",
    async () => {
      await page.locator(".hero-head", { hasText: /move/ }).waitFor();
      await page.locator("#lost").waitFor({ state: "hidden" });
      lone.node!.child.kill("SIGSTOP");
      await saysLost();
      lone.node!.child.kill("SIGCONT");
      await page.locator("#lost").waitFor({ state: "hidden" });
    },
    LONG_MS,
  );

  test(
    "that was killed: the page says so in words, greys out, and comes to no state of its own",
    async () => {
      await lone.node!.kill("SIGKILL");
      await saysLost();
      expect(await page.locator("#link").textContent()).toBe("lost");
      expect(await page.locator("html").getAttribute("data-lost")).toBe("true");
    },
    LONG_MS,
  );
});
