import type { CellNode } from "../../node/index.ts";
import { Camera, type Film, type Frame, thinnedScene } from "../../edge/report/index.ts";

/** A recording is drawn with at most so many pictures, and scans with at most so many rays: a report stays light. */
const FRAMES_MOST = 400;
const RAYS_MOST = 180;
const PERIOD_LEAST_US = 50_000;

/** Takes a picture of the cell now and then, and of every moment that somebody will want to see. */
export class FilmMaker {
  readonly #node: Pick<CellNode, "cell" | "channels">;
  readonly #camera: Camera;
  readonly #periodUs: number;
  readonly #frames: Frame[] = [];
  readonly #rays: number[];
  #dueAt = 0;

  constructor(node: Pick<CellNode, "cell" | "channels" | "deployment" | "kinematics">, spanUs: number) {
    this.#node = node;
    const { deployment, channels, kinematics } = node;
    this.#camera = new Camera({ deployment, channels, kinematics });
    this.#periodUs = Math.max(PERIOD_LEAST_US, Math.ceil(spanUs / FRAMES_MOST));
    this.#rays = channels.filter(({ config }) => config.quantity === "scan").map(() => 0);
  }

  tick(t: number): void {
    if (t < this.#dueAt) return;
    this.#dueAt = t + this.#periodUs;
    this.#take(t);
  }
  /** a block: what was seen when it came */
  moment(t: number): void {
    if (this.#frames.length < 2 * FRAMES_MOST) this.#take(t);
  }

  film(): Film | null {
    const { scene } = this.#camera;
    const shows = scene.scanners.length > 0 || this.#frames.some(({ arm }) => arm.length > 0);
    return shows ? { scene: thinnedScene(scene, this.#rays, RAYS_MOST), frames: this.#frames } : null;
  }

  #take(t: number): void {
    const { cell, channels } = this.#node;
    channels
      .filter(({ config }) => config.quantity === "scan")
      .forEach(({ index }, i) => {
        this.#rays[i] = Math.max(this.#rays[i]!, cell.snapshots.lastRow(index).length);
      });
    this.#frames.push(this.#camera.frame(cell, t, RAYS_MOST));
  }
}
