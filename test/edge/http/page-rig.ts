import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { NodeProcess } from "../../node/processes.ts";

export const CHROMIUM = "/usr/bin/chromium";
export const hasBrowser = existsSync(CHROMIUM);
export const withBrowser = (title: string): string =>
  hasBrowser ? title : `${title} (skipped: ${WITHOUT_BROWSER})`;
export const WITHOUT_BROWSER = `needs ${CHROMIUM} (apt install chromium)`;
export const WAIT_MS = 60_000;

/** A browser without a display; no request leaves this machine. */
export const openBrowser = (): Promise<Browser> =>
  chromium.launch({
    executablePath: CHROMIUM,
    args: [
      "--no-sandbox",
      "--headless=new",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-gpu",
      "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
    ],
  });

export interface PageOptions {
  readonly width?: number;
  readonly height?: number;
  readonly theme?: "light" | "dark";
}

/** A real node with its page, and browsers that look at it. */
export class PageRig {
  readonly dir = mkdtempSync(join(tmpdir(), "cellgate-page-"));
  readonly data = join(this.dir, "data");
  node: NodeProcess | null = null;
  url = "";
  readonly #contexts: BrowserContext[] = [];

  /** `deployment`: text of a deployment file; absent: the demonstration cell */
  async start(deployment: string | null = null, ...more: string[]): Promise<this> {
    const file = this.write(deployment);
    this.node = new NodeProcess(
      // with a scenario nobody proposes but the test
      ...(deployment === null ? ["start", "--scenario", "walk-in"] : ["run", file]),
      ...["--for", "20m", "--seed", "7", "--port", "0", "--json", "--data", this.data, ...more],
    );
    await this.node.line((l) => l.kind === "status" && (l.t_us ?? 0) > 0);
    this.url = await this.#address(this.node);
    return this;
  }
  /** the deployment as a file, before a node runs on it */
  write(deployment: string | null): string {
    const file = join(this.dir, "cell.yaml");
    if (deployment !== null) writeFileSync(file, deployment);
    return file;
  }
  /** The address stands on another pipe than the lines: either may be read first. */
  async #address(node: NodeProcess): Promise<string> {
    for (;;) {
      const url = /^page: (\S+)$/m.exec(node.stderr)?.[1];
      if (url !== undefined) return url;
      if (node.child.exitCode !== null) throw new Error(`ended without a page; stderr: ${node.stderr}`);
      await new Promise((done) => setTimeout(done, 20));
    }
  }
  /** Ends what was started, however far the start came. */
  async close(): Promise<void> {
    for (const context of this.#contexts) await context.close();
    if (this.node !== null && this.node.child.exitCode === null) await this.node.kill("SIGKILL");
    rmSync(this.dir, { recursive: true, force: true });
  }
  token(operator = "shift_lead"): string {
    return readFileSync(join(this.data, "operators", `${operator}.token`), "utf8").trim();
  }
  post(path: string, body: object, operator?: string): Promise<Response> {
    return fetch(`${this.url}${path}`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${this.token(operator)}` },
      body: JSON.stringify(body),
    });
  }
  async page(browser: Browser, view = "now", options: PageOptions = {}): Promise<Page> {
    const { width = 1280, height = 900, theme = "light" } = options;
    const context = await browser.newContext({ viewport: { width, height }, colorScheme: theme });
    this.#contexts.push(context);
    const page = await context.newPage();
    page.setDefaultTimeout(WAIT_MS);
    await page.goto(`${this.url}/#${view}`);
    await page.getByText(/^live/).waitFor();
    return page;
  }
}
