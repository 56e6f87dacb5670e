"use strict";
// Draws a report in the browser from the data in the page. Nothing is loaded from anywhere.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const root = document.querySelector("main");
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const COLORS = dark
    ? ["#6cb6ff", "#f0883e", "#56d4bb", "#d2a8ff", "#ff9492", "#c9d15a"]
    : ["#1f6feb", "#bc4c00", "#0a7f6f", "#8250df", "#bf3989", "#6b7300"];
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name);
  const probe = document.createElement("i");
  document.body.append(probe);
  const color = (name) => {
    probe.style.color = css(name);
    return getComputedStyle(probe).color;
  };
  const INK = color("--ink");
  const QUIET = color("--quiet");
  const RULE = color("--rule");
  const BAD = color("--bad");
  const SOFT = {
    good: color("--good-soft"),
    warn: color("--warn-soft"),
    bad: color("--bad-soft"),
    plain: color("--plain-soft"),
  };
  const HAZARD = color("--hazard");
  probe.remove();

  const el = (tag, attributes = {}, ...children) => {
    const node = document.createElement(tag);
    for (const [key, value] of Object.entries(attributes)) {
      if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
      // set as text it would be refused where the node serves this page
      else if (key === "style") node.style.cssText = value;
      else if (value !== undefined && value !== false) node.setAttribute(key, value === true ? "" : value);
    }
    node.append(...children.filter((child) => child !== null));
    return node;
  };
  /** names of files beside the report, and web addresses; nothing that runs */
  const mayLink = (href) =>
    href !== undefined && (!/^\s*[a-z][a-z0-9+.-]*:/i.test(href) || /^https?:/i.test(href));
  const number = (value) => {
    if (value === null || value === undefined) return "–";
    const size = Math.abs(value);
    return size !== 0 && (size < 0.001 || size >= 1e6)
      ? value.toExponential(2)
      : String(Number(value.toPrecision(4)));
  };
  const clock = (s) => {
    const minutes = Math.floor(s / 60);
    return minutes > 0
      ? `${minutes}:${(s - minutes * 60).toFixed(s % 1 === 0 ? 0 : 2).padStart(s % 1 === 0 ? 2 : 5, "0")}`
      : `${Number(s.toFixed(3))} s`;
  };

  const narrow = innerWidth <= 640;
  const AXIS = narrow ? 46 : 66;
  const RIGHT = 14;
  const charts = [];
  let zoom = null;
  let goTo = () => {};

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
  if (data.timeline !== null) root.append(timeline(data.timeline));
  if (data.plots.length > 0)
    root.append(el("h2", {}, "Plots"), el("div", { class: "plots" }, ...data.plots.map(plot)));
  for (const table of data.tables) root.append(el("h2", {}, table.title), tableOf(table));
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

  function tableOf(table) {
    if (table.rows.length === 0) return el("div", { class: "sheet" }, table.empty);
    const rows = table.rows.map((cells) => {
      const at = cells.map((cell) => cell.atS).find((value) => value !== undefined);
      const act =
        at === undefined || data.timeline === null
          ? {}
          : {
              class: "jump",
              tabindex: "0",
              title: "show in the charts",
              onclick: () => goTo(at),
              onkeydown: (event) =>
                (event.key === "Enter" || event.key === " ") && (event.preventDefault(), goTo(at)),
            };
      return el(
        "tr",
        act,
        ...cells.map((cell) => {
          if (typeof cell === "string") return el("td", {}, cell);
          return el(
            "td",
            { class: cell.tone },
            mayLink(cell.href) ? el("a", { href: cell.href }, cell.text) : cell.text,
          );
        }),
      );
    });
    const head = el("thead", {}, el("tr", {}, ...table.head.map((text) => el("th", { scope: "col" }, text))));
    return el(
      "div",
      { class: "sheet scroll", tabindex: rows.length > 12 || narrow ? "0" : undefined },
      el("table", {}, head, el("tbody", {}, ...rows)),
    );
  }

  function timeline(time) {
    const strip = el("div", { class: "strip", role: "img", "aria-label": "State of the cell over time" });
    const marks = el("div", { class: "marks" });
    const span = el("span", {}, "");
    const all = el("button", { type: "button", onclick: () => setZoom(0, time.spanS) }, "Whole recording");
    const legend = el(
      "div",
      { class: "legend" },
      ...[
        ["--good-soft", "moving"],
        ["--warn-soft", "slowed"],
        ["--bad-soft", "blocked"],
      ].map(([name, text]) => el("span", { style: `--swatch: var(${name})` }, text)),
      time.shades.length > 0 ? el("span", { style: "--swatch: var(--hazard)" }, "hazard") : null,
    );
    const holder = el("div", {});
    const width = () => zoom[1] - zoom[0];
    const tool = (text, label, act) =>
      el("button", { type: "button", "aria-label": label, title: label, onclick: act }, text);
    const tools = [
      tool("◀", "earlier", () => setZoom(zoom[0] - width() / 2, zoom[1] - width() / 2)),
      tool("▶", "later", () => setZoom(zoom[0] + width() / 2, zoom[1] + width() / 2)),
      tool("+", "closer", () => setZoom(zoom[0] + width() / 4, zoom[1] - width() / 4)),
      tool("−", "further away", () => setZoom(zoom[0] - width() / 2, zoom[1] + width() / 2)),
    ];
    const section = el("section", {}, el("h2", {}, "Course"));
    const sheet = el(
      "div",
      { class: "sheet" },
      el(
        "div",
        { class: "tools" },
        all,
        ...tools,
        span,
        el("span", {}, "Drag to zoom, wheel to zoom, shift and drag to move, double click for everything."),
        legend,
      ),
      marks,
      strip,
      holder,
    );
    section.append(sheet);

    zoom = [0, time.spanS];
    const drawStrip = () => {
      const [from, to] = zoom;
      const place = (s) => ((s - from) / (to - from)) * 100;
      strip.replaceChildren(
        ...time.bands
          .filter((b) => b.toS > from && b.fromS < to)
          .map((b) => {
            const left = Math.max(0, place(b.fromS));
            const right = Math.min(100, place(b.toS));
            const wide = right - left > 2;
            return el(
              "div",
              {
                class: b.tone,
                style: `left:${left}%;width:${right - left}%`,
                title: `${b.text} ${clock(b.fromS)} – ${clock(b.toS)}`,
              },
              wide ? b.text : "",
            );
          }),
      );
      const visible = time.marks
        .map((mark, i) => ({ ...mark, i }))
        .filter((m) => m.atS >= from && m.atS <= to)
        .slice(0, 200);
      marks.replaceChildren(
        ...visible.map((m) =>
          el(
            "button",
            {
              type: "button",
              class: m.tone,
              style: `left:${place(m.atS)}%`,
              title: `${clock(m.atS)} ${m.text}`,
              "aria-label": `${clock(m.atS)} ${m.text}`,
              onclick: () => goTo(m.atS),
            },
            m.tone === "bad" ? "■" : "!",
          ),
        ),
      );
      span.textContent = `${clock(from)} – ${clock(to)}`;
    };
    let setting = false;
    const setZoom = (from, to) => {
      if (setting) return;
      const width = Math.max(0.02, Math.min(time.spanS, to - from));
      const start = Math.max(0, Math.min(time.spanS - width, from));
      zoom = [start, start + width];
      setting = true;
      for (const chart of charts) chart.setScale("x", { min: zoom[0], max: zoom[1] });
      setting = false;
      drawStrip();
    };
    goTo = (s) => {
      const width = Math.min(time.spanS, 6);
      setZoom(s - width / 2, s + width / 2);
      section.scrollIntoView({ block: "start" });
    };
    requestAnimationFrame(() => {
      for (const chart of time.charts) holder.append(timeChart(chart, time, holder.clientWidth, setZoom));
      drawStrip();
    });
    let pending = 0;
    addEventListener("resize", () => {
      cancelAnimationFrame(pending);
      pending = requestAnimationFrame(() =>
        charts.forEach((chart) => chart.setSize({ width: holder.clientWidth, height: chart.height })),
      );
    });
    return section;
  }

  /** One row of times for all lines of a chart. */
  function joined(lines) {
    return uPlot.join(lines.map((line) => [line.timesS, line.min, line.max]));
  }

  function timeChart(chart, time, width, setZoom) {
    const box = el("div", { class: "chart" });
    const keys = chart.lines.map((line, i) => {
      const value = el("b", {}, "");
      return {
        value,
        key: el(
          "span",
          { class: "key" },
          el("i", { style: `background:${COLORS[i % COLORS.length]}` }),
          line.name,
          value,
        ),
      };
    });
    box.append(
      el("h3", {}, `${chart.title}${chart.unit === "" ? "" : ` (${chart.unit})`}`, ...keys.map((k) => k.key)),
    );
    const rows = joined(chart.lines);
    const series = [{}];
    const bands = [];
    chart.lines.forEach((line, i) => {
      const stroke = COLORS[i % COLORS.length];
      const common = {
        stroke,
        width: 1.25,
        points: { show: line.timesS.length < 60, size: 4 },
        spanGaps: true,
      };
      series.push({ ...common, label: `${line.name} min` }, { ...common, label: line.name });
      bands.push({ series: [2 * i + 2, 2 * i + 1], fill: `${stroke}40` });
    });
    const shade = (u) => {
      const { ctx } = u;
      const { left, top, width: w, height: h } = u.bbox;
      const x = (s) => Math.max(left, Math.min(left + w, u.valToPos(s, "x", true)));
      ctx.save();
      for (const b of time.bands) {
        if (b.tone !== "bad" && b.tone !== "warn") continue;
        const [from, to] = [x(b.fromS), x(b.toS)];
        if (to <= from) continue;
        ctx.globalAlpha = 0.55;
        ctx.fillStyle = SOFT[b.tone];
        ctx.fillRect(from, top, to - from, h);
      }
      ctx.globalAlpha = 1;
      ctx.fillStyle = HAZARD;
      for (const s of time.shades) {
        const [from, to] = [x(s.fromS), x(s.toS)];
        if (to > left && from < left + w)
          ctx.fillRect(from, top, Math.max(1, to - from), 3 * devicePixelRatio);
      }
      ctx.restore();
    };
    const overlay = (u) => {
      const { ctx } = u;
      const { left, top, width: w, height: h } = u.bbox;
      ctx.save();
      ctx.font = `${11 * devicePixelRatio}px system-ui, sans-serif`;
      ctx.lineWidth = devicePixelRatio;
      for (const limit of chart.limits) {
        const y = u.valToPos(limit.value, "y", true);
        if (y < top || y > top + h) continue;
        ctx.strokeStyle = BAD;
        ctx.setLineDash([5 * devicePixelRatio, 4 * devicePixelRatio]);
        ctx.beginPath();
        ctx.moveTo(left, y);
        ctx.lineTo(left + w, y);
        ctx.stroke();
        ctx.fillStyle = BAD;
        ctx.textAlign = "right";
        ctx.fillText(limit.text, left + w - 4, y - 3 * devicePixelRatio);
      }
      ctx.setLineDash([]);
      for (const mark of time.marks) {
        const x = u.valToPos(mark.atS, "x", true);
        if (mark.tone !== "bad" || x < left || x > left + w) continue;
        ctx.strokeStyle = BAD;
        ctx.globalAlpha = 0.7;
        ctx.beginPath();
        ctx.moveTo(x, top);
        ctx.lineTo(x, top + h);
        ctx.stroke();
      }
      ctx.restore();
    };
    const last = time.charts.at(-1) === chart;
    const limits = chart.limits.map((l) => l.value);
    const options = {
      width,
      height: (last ? 30 : 0) + 132,
      padding: [6, RIGHT, last ? 0 : 6, 0],
      series,
      bands,
      legend: { show: false },
      cursor: {
        sync: { key: "time", setSeries: false },
        drag: { x: true, y: false, setScale: false },
        points: { size: 5 },
      },
      select: { show: true },
      scales: {
        x: { time: false, min: 0, max: time.spanS, auto: false },
        y: { range: (_u, min, max) => rangeOf(min, max, limits) },
      },
      axes: [
        {
          show: last,
          stroke: QUIET,
          grid: { stroke: RULE, width: 1 },
          ticks: { stroke: RULE },
          values: (_u, splits) => splits.map(clock),
          size: 30,
        },
        {
          stroke: QUIET,
          grid: { stroke: RULE, width: 1 },
          ticks: { stroke: RULE },
          size: AXIS,
          values: (_u, splits) => splits.map(number),
          font: "11px system-ui, sans-serif",
        },
      ],
      hooks: {
        drawClear: [shade],
        draw: [overlay],
        setSelect: [
          (u) => {
            if (u.select.width < 3) return;
            setZoom(u.posToVal(u.select.left, "x"), u.posToVal(u.select.left + u.select.width, "x"));
            u.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
          },
        ],
        setCursor: [
          (u) => {
            const i = u.cursor.idx;
            keys.forEach((key, k) => {
              const min = i === null || i === undefined ? null : near(u.data[2 * k + 1], i);
              const max = i === null || i === undefined ? null : near(u.data[2 * k + 2], i);
              key.value.textContent =
                max === null ? "" : min === max ? number(max) : `${number(min)} … ${number(max)}`;
            });
          },
        ],
      },
    };
    const u = new uPlot(options, rows, box);
    charts.push(u);
    u.over.addEventListener("dblclick", () => setZoom(0, time.spanS));
    u.over.addEventListener(
      "wheel",
      (event) => {
        event.preventDefault();
        const at = u.posToVal(event.offsetX, "x");
        const factor = event.deltaY < 0 ? 0.8 : 1.25;
        setZoom(at - (at - zoom[0]) * factor, at + (zoom[1] - at) * factor);
      },
      { passive: false },
    );
    pan(u, setZoom);
    u.root.setAttribute("role", "img");
    u.root.setAttribute(
      "aria-label",
      `${chart.title} over time: ${chart.lines.map((line) => line.name).join(", ")}`,
    );
    return box;
  }
  /** The nearest column that has a value. */
  function near(row, i) {
    for (let d = 0; d < 40; d++) {
      if (row[i - d] !== null && row[i - d] !== undefined) return row[i - d];
      if (row[i + d] !== null && row[i + d] !== undefined) return row[i + d];
    }
    return null;
  }
  function rangeOf(min, max, limits) {
    if (min === null || max === null) return [0, 1];
    const low = Math.min(min, 0);
    let high = Math.max(max, low + 1e-9);
    for (const limit of limits) if (limit <= max * 4) high = Math.max(high, limit);
    const room = (high - low) * 0.06;
    return [low - room, high + 2 * room];
  }
  function pan(u, setZoom) {
    u.over.addEventListener(
      "mousedown",
      (event) => {
        if (!event.shiftKey || event.button !== 0) return;
        event.stopImmediatePropagation();
        const [from, to] = zoom;
        const perPixel = (to - from) / u.over.clientWidth;
        const startX = event.clientX;
        const move = (e) =>
          setZoom(from - (e.clientX - startX) * perPixel, to - (e.clientX - startX) * perPixel);
        const up = () => {
          removeEventListener("mousemove", move);
          removeEventListener("mouseup", up);
        };
        addEventListener("mousemove", move);
        addEventListener("mouseup", up);
      },
      { capture: true },
    );
  }

  function plot(p) {
    const box = el(
      "div",
      { class: "sheet chart" },
      el(
        "h3",
        {},
        p.title,
        // one line is named by the title already
        ...(p.lines.length < 2 ? [] : p.lines).map((line, i) =>
          el(
            "span",
            { class: "key" },
            el("i", { style: `background:${COLORS[i % COLORS.length]}` }),
            line.name,
          ),
        ),
      ),
    );
    const rows = uPlot.join(p.lines.map((line) => [line.x, line.y]));
    const series = [
      {},
      ...p.lines.map((line, i) => ({
        stroke: COLORS[i % COLORS.length],
        width: line.points ? 0 : 1.5,
        spanGaps: true,
        points: { show: line.points === true, size: 5 },
      })),
    ];
    requestAnimationFrame(() => {
      new uPlot(
        {
          width: box.clientWidth - 28,
          height: 260,
          series,
          legend: { show: false },
          scales: { x: { time: false } },
          axes: [
            {
              stroke: QUIET,
              grid: { stroke: RULE, width: 1 },
              ticks: { stroke: RULE },
              label: p.xTitle,
              labelSize: 18,
              labelFont: "12px system-ui, sans-serif",
            },
            {
              stroke: QUIET,
              grid: { stroke: RULE, width: 1 },
              ticks: { stroke: RULE },
              label: p.yTitle,
              labelSize: 18,
              labelFont: "12px system-ui, sans-serif",
              size: 56,
            },
          ],
        },
        rows,
        box,
      );
    });
    return box;
  }
})();
