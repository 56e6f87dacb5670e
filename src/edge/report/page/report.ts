// Draws a report in the browser from the data in the page. Nothing is loaded from anywhere.
import type { Report } from "../model.ts";
import { curve } from "./curve.ts";
import { cardOf, el, pairs, pill } from "./dom.ts";
import { plot } from "./plot.ts";
import { tableOf } from "./table.ts";
import { timeline } from "./timeline.ts";

const data = JSON.parse(document.getElementById("data")!.textContent ?? "null") as Report;
const root = document.querySelector("main")!;

root.append(
  el(
    "header",
    {},
    el("h1", {}, data.title),
    data.verdict === null ? null : pill(data.verdict.text, data.verdict.tone),
    el("p", {}, data.subtitle),
  ),
);
if (data.cards.length > 0)
  root.append(
    el(
      "section",
      { class: "cards", "aria-label": "Figures" },
      data.cards.map((card) => cardOf(card.title, card.value, card.detail, card.tone)),
    ),
  );
const course = data.timeline === null ? null : timeline(data.timeline, data.film ?? null);
if (course !== null) root.append(course.section);
if (data.plots.length > 0)
  root.append(el("h2", {}, "Plots"), el("div", { class: "plots" }, data.plots.map(plot)));
if ((data.curves ?? []).length > 0)
  root.append(el("h2", {}, "What it would find and cost"), ...(data.curves ?? []).map(curve));
for (const table of data.tables) root.append(el("h2", {}, table.title), tableOf(table, course?.goTo ?? null));
if (data.notes.length > 0)
  root.append(
    el("h2", {}, "Notes"),
    el(
      "div",
      { class: "sheet" },
      el(
        "ul",
        {},
        data.notes.map((note) => el("li", {}, note)),
      ),
    ),
  );
if (data.facts.length > 0)
  root.append(el("h2", {}, "About this run"), el("div", { class: "sheet" }, pairs(data.facts)));
root.append(el("footer", {}, "cellgate is not a safety-rated device. Category 0 e-stops stay hardwired."));
document.documentElement.dataset["ready"] = "true";
