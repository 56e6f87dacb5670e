import { openBrowser, PageRig } from "../edge/http/page-rig.ts";
import { askingCell } from "../edge/http/cell-file.ts";
import type { Bench, Figure } from "./bench.ts";

/** How many pictures a second a browser without graphics hardware draws of scans that come at 40 Hz with 720 rays. */
const SECONDS = 5;
const DRAW = `(async () => {
  const { cellPicture } = await import("/page/edge/report/page/index.js");
  const picture = cellPicture("bench");
  picture.node.style.width = "900px";
  document.body.append(picture.node);
  const scene = await (await fetch("/data/scene")).json();
  const rays = 720;
  const scanner = { ...scene.scanners[0], fromRad: -2.35, stepRad: 4.7 / rays };
  picture.scene({ ...scene, scanners: [scanner] });
  let n = 0;
  const frame = () => {
    const bytes = new Uint8Array(2 * rays);
    for (let i = 0; i < rays; i++) {
      const mm = 2500 + Math.round(600 * Math.sin(i / 40 + n / 9));
      bytes[2 * i] = mm & 255;
      bytes[2 * i + 1] = mm >> 8;
    }
    const turn = Math.sin(n++ / 20);
    const arm = [0, 0, 0, 0.3, 0.1 * turn, 0.6, 0.7, 0.4 * turn, 0.5, 0.9, 0.6 * turn, 0.4];
    picture.frame({ t: n / 40, arm, scans: [btoa(String.fromCharCode(...bytes))], ranges: [1.2],
      rings: [{ rule: "keep", distanceM: 2, neededM: 1 + 0.2 * turn }], people: [2, 1], hits: [], plans: [] });
  };
  const timer = setInterval(frame, 25);
  await new Promise((done) => setTimeout(done, 1000));
  const from = [picture.drawn, performance.now()];
  await new Promise((done) => setTimeout(done, ${SECONDS} * 1000));
  const rate = (picture.drawn - from[0]) / ((performance.now() - from[1]) / 1000);
  clearInterval(timer);
  picture.end();
  return { rate, painter: picture.node.dataset.painter };
})()`;

async function pictures(): Promise<Figure[]> {
  const rig = new PageRig();
  const browser = await openBrowser();
  try {
    await rig.start(askingCell());
    const figures: Figure[] = [];
    for (const painter of ["webgl", "2d"]) {
      const page = await rig.page(browser, "receipts");
      await page.goto(`${rig.url}/?painter=${painter}#receipts`);
      const drawn = await page.evaluate<{ rate: number; painter: string }>(DRAW);
      figures.push({
        name: `pictures a second, ${drawn.painter}, 720 rays at 40 Hz`,
        value: drawn.rate,
        unit: "1/s",
        target: "≥ 30",
        note: "headless Chromium without graphics hardware, 900 px wide",
      });
      await page.close();
    }
    return figures;
  } finally {
    await browser.close();
    await rig.close();
  }
}

export const benches: Bench[] = [{ name: "picture", run: pictures }];
