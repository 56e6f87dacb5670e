// Draws a report in the browser from the data in the page. Nothing is loaded from anywhere.
import { el } from "./dom.js";
import { plot } from "./plot.js";
import { tableOf } from "./table.js";
import { timeline } from "./timeline.js";

const data = JSON.parse(document.getElementById("data").textContent);
const root = document.querySelector("main");

root.append(
  el(
    "header",
    {},
    el("h1", {}, data.title),
    data.verdict === null ? null : el("span", { class: `pill ${data.verdict.tone}` }, data.verdict.text),
    el("p", {}, data.subtitle),
  ),
);
if (data.cards.length > 0)
  root.append(
    el(
      "section",
      { class: "cards", "aria-label": "Figures" },
      ...data.cards.map((card) =>
        el(
          "div",
          { class: `card ${card.tone}` },
          el("div", { class: "name" }, card.title),
          el("div", { class: "value" }, card.value),
          el("div", { class: "detail" }, card.detail),
        ),
      ),
    ),
  );
const course = data.timeline === null ? null : timeline(data.timeline);
if (course !== null) root.append(course.section);
if (data.plots.length > 0)
  root.append(el("h2", {}, "Plots"), el("div", { class: "plots" }, ...data.plots.map(plot)));
for (const table of data.tables) root.append(el("h2", {}, table.title), tableOf(table, course?.goTo ?? null));
if (data.notes.length > 0)
  root.append(
    el("h2", {}, "Notes"),
    el("div", { class: "sheet" }, el("ul", {}, ...data.notes.map((note) => el("li", {}, note)))),
  );
if (data.facts.length > 0)
  root.append(
    el("h2", {}, "About this run"),
    el(
      "div",
      { class: "sheet" },
      el("dl", {}, ...data.facts.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)])),
    ),
  );
root.append(el("footer", {}, "cellgate is not a safety-rated device. Category 0 e-stops stay hardwired."));
document.documentElement.dataset.ready = "true";
