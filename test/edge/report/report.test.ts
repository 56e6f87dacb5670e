import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import axe from "axe-core";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Report, renderReport } from "../../../src/edge/report/index.ts";

const CHROMIUM = "/usr/bin/chromium";
const folder = mkdtempSync(join(tmpdir(), "cellgate-report-"));
const times = Array.from({ length: 500 }, (_, i) => i / 50);
const line = (name: string, of: (s: number) => number) => ({
  name,
  timesS: times,
  min: times.map((s) => of(s) - 0.1),
  max: times.map(of),
});
const report: Report = {
  title: "run </script><img src=x onerror=alert(1)> 17",
  subtitle: "10 s",
  verdict: { text: "1 mark missed", tone: "bad" },
  cards: [{ title: "time to stop", value: "0.2 s", detail: "≤ 0.6 s", tone: "good" }],
  timeline: {
    spanS: 10,
    charts: [
      {
        title: "Force",
        unit: "N",
        lines: [line("wrist", (s) => 50 + 40 * Math.sin(s))],
        limits: [{ value: 90, text: "max 90" }],
      },
      {
        title: "Distance",
        unit: "m",
        lines: [line("near", (s) => 1 + Math.cos(s)), line("far", (s) => 3 + Math.cos(s))],
        limits: [],
      },
    ],
    bands: [
      { fromS: 0, toS: 4, text: "running", tone: "good" },
      { fromS: 4, toS: 6, text: "stopped", tone: "bad" },
      { fromS: 6, toS: 10, text: "running", tone: "good" },
    ],
    shades: [{ fromS: 3.9, toS: 5.5, text: "hand" }],
    marks: [{ atS: 4, text: "FORCE_LIMIT", tone: "bad" }],
  },
  plots: [
    {
      title: "Calibration",
      xTitle: "said",
      yTitle: "happened",
      lines: [{ name: "head", x: [0, 0.5, 1], y: [0, 0.4, 1] }],
    },
  ],
  tables: [
    {
      title: "Blocks",
      head: ["Time", "Code"],
      rows: [
        [
          { text: "4.000 s", atS: 4 },
          { text: "FORCE_LIMIT", tone: "bad" },
        ],
      ],
      empty: "",
    },
    { title: "Nothing", head: ["x"], rows: [], empty: "None." },
  ],
  facts: [["Root", "ab".repeat(40)]],
  notes: ["<b>not bold</b>"],
};

describe("the page", () => {
  test("names no address and loads nothing", () => {
    const page = renderReport(report);
    const own = page.replace(/<script>\/\*! https:\/\/github[\s\S]*?<\/script>/, "");
    expect(own).not.toMatch(/(?:src|href)="?https?:|@import|url\(|fetch\(|XMLHttpRequest|WebSocket/);
    expect(page).toMatch(/default-src 'none'/);
    expect(page.match(/<script/g)).toHaveLength(3);
  });
});

const noBrowser = existsSync(CHROMIUM) ? "" : ` (skipped: needs ${CHROMIUM})`;
describe.skipIf(noBrowser !== "")(`in a browser, without a network${noBrowser}`, () => {
  let browser: Browser;
  const problems: string[] = [];
  const open = async (width = 1_280, colorScheme: "light" | "dark" = "light"): Promise<Page> => {
    const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
    page.on("pageerror", (error) => problems.push(error.message));
    page.on("console", (message) => void (message.type() === "error" && problems.push(message.text())));
    page.on(
      "request",
      (request) => void (!request.url().startsWith("file:") && problems.push(`asked for ${request.url()}`)),
    );
    page.on("dialog", (dialog) => void problems.push(`dialog ${dialog.message()}`));
    await page.goto(`file://${join(folder, "report.html")}`);
    await page.waitForSelector("html[data-ready]");
    await page.waitForSelector(".u-over");
    return page;
  };
  beforeAll(async () => {
    writeFileSync(join(folder, "report.html"), renderReport(report));
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test("draws every chart with ink in it, and text stays text", async () => {
    const page = await open();
    expect(await page.textContent("h1")).toBe(report.title);
    expect(await page.textContent("li")).toBe("<b>not bold</b>");
    const inked = await page.$$eval("canvas", (all) =>
      all.map((canvas) => {
        const { data } = canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height);
        let inked = 0;
        for (let i = 3; i < data.length; i += 4) if (data[i]! > 0) inked++;
        return inked;
      }),
    );
    expect(inked.length).toBe(3);
    for (const pixels of inked) expect(pixels).toBeGreaterThan(2_000);
    expect(problems).toEqual([]);
    await page.close();
  });
  test("drag zooms all charts together, double click shows everything again, a row leads to its moment", async () => {
    const page = await open();
    const span = () => page.textContent(".tools span");
    await (await page.$(".u-over"))!.scrollIntoViewIfNeeded();
    const box = (await (await page.$(".u-over"))!.boundingBox())!;
    await page.mouse.move(box.x + box.width * 0.3, box.y + 40);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.5, box.y + 40, { steps: 4 });
    await page.mouse.up();
    expect(await span()).toMatch(/^(2\.9|3|3\.0)\d* s – (4\.9|5|5\.0)\d* s$/);
    await page.mouse.dblclick(box.x + 50, box.y + 40);
    expect(await span()).toBe("0 s – 10 s");
    await page.click("tr.jump");
    expect(await span()).toBe("1 s – 7 s");
    await page.hover(".u-over");
    await page.mouse.wheel(0, -200);
    expect(await span()).not.toBe("1 s – 7 s");
    await page.click("button[aria-label=closer]");
    await page.click("button[aria-label=later]");
    await page.click(".tools button");
    expect(await span()).toBe("0 s – 10 s");
    expect(problems).toEqual([]);
    await page.close();
  });
  test.each([
    [1_280, "light"],
    [1_280, "dark"],
    [390, "light"],
  ] as const)("is accessible and fits at %i pixels, %s", async (width, scheme) => {
    const page = await open(width, scheme);
    await page.evaluate(axe.source);
    const found = await page.evaluate(async () => {
      const run = (
        globalThis as unknown as {
          axe: { run(): Promise<{ violations: { id: string; nodes: { target: unknown }[] }[] }> };
        }
      ).axe;
      return (await run.run()).violations.map(
        (v) => `${v.id}: ${v.nodes.map((n) => String(n.target)).join(", ")}`,
      );
    });
    expect(found).toEqual([]);
    expect(await page.evaluate("document.documentElement.scrollWidth - innerWidth")).toBeLessThanOrEqual(0);
    expect(problems).toEqual([]);
    await page.close();
  });
});
