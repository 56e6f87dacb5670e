// The picture of the cell in a view: the scene once, then what the node says of each moment.
import { cellPicture, type Scene } from "../../report/page/index.ts";
import { el, getJson, heading } from "./dom.ts";
import { on } from "./live.ts";

export function picturePart(title = "The cell"): { readonly node: HTMLElement; end(): void } {
  const picture = cellPicture("The cell from above, now");
  const node = el(
    "section",
    { class: "picture-part", "aria-label": title },
    heading(title, "from above; squares of one metre"),
    picture.node,
  );
  let here = true;
  const load = (): void =>
    void getJson<Scene | null>("/data/scene")
      .then((scene) => {
        if (here && scene !== null) picture.scene(scene);
        node.hidden = scene === null;
      })
      .catch(() => {});
  load();
  const stops = [
    on("frame", (frame) => picture.frame(frame)),
    on("link", (lost) => {
      if (!lost) load();
    }),
  ];
  return {
    node,
    end() {
      here = false;
      stops.forEach((stop) => stop());
      picture.end();
    },
  };
}
