"use strict";
// Draws the charts of a report in the page's theme; legends, theme, pictures and print. Loads nothing.
(() => {
  const page = JSON.parse(document.getElementById("data").textContent);
  const root = document.documentElement;
  const places = [...document.querySelectorAll(".chart")];
  const system = matchMedia("(prefers-color-scheme: dark)");
  const toggle = document.getElementById("theme");
  const TEXTS = new Set(["name", "text", "meta", "customdata", "ticktext", "legendgroup"]);
  const hidden = {};
  let printing = false;

  const isDark = () => !printing && (root.dataset.theme ? root.dataset.theme === "dark" : system.matches);

  // A copy of a figure's part, with its colours for the dark; texts stay as they are.
  function copy(value, dark, key) {
    if (typeof value === "string") return dark && !TEXTS.has(key) ? page.dark[value] || value : value;
    if (Array.isArray(value)) return value.map((part) => copy(part, dark, key));
    if (value === null || typeof value !== "object") return value;
    const entries = Object.entries(value);
    return Object.fromEntries(entries.map(([name, part]) => [name, copy(part, dark && !TEXTS.has(name), name)]));
  }

  function figure(key) {
    const { data, layout } = copy(page.figures[key], isDark(), "");
    for (const [number, trace] of data.entries()) {
      if (typeof trace.x === "number") trace.x = page.months[trace.x];
      if (hidden[key] && hidden[key].has(number)) trace.visible = false;
    }
    return { data, layout };
  }

  // Room for the title is not needed: it stands in the page. Fewer months are named where it is narrow.
  function fit(data, layout, width) {
    const saved = layout.margin.t - (layout.annotations ? 34 : 18);
    layout.margin.t -= saved;
    layout.height -= saved;
    delete layout.title;
    layout.showlegend = false;
    layout.width = width;
    if (printing) layout.height = Math.min(layout.height, 860); // fits a page with its title and legend
    if (width > 560) return;
    for (const trace of data) if (trace.mode === "markers") trace.marker.size = Math.min(trace.marker.size, 7);
    const letters = Math.floor((width - 40) / 6.2); // of the labels over the lanes
    for (const note of layout.annotations || []) {
      if (note.text.length > letters) note.text = `${note.text.slice(0, letters - 1).replace(/&[^;]*$/, "")}…`;
    }
    layout.margin.r = 8;
    for (const [name, axis] of Object.entries(layout)) {
      const months = name.startsWith("xaxis") && /^M(\d+)$/.exec(axis.dtick);
      if (months && Number(months[1]) > 1) axis.dtick = `M${2 * months[1]}`;
      if (axis.type === "category") axis.tickangle = -90;
    }
  }

  function draw(place) {
    if (place.closest("[hidden]")) return;
    const { data, layout } = figure(place.dataset.chart);
    fit(data, layout, printing ? 690 : place.clientWidth);
    place.style.height = `${layout.height}px`;
    Plotly.react(place, data, layout, { displayModeBar: false, responsive: false, doubleClick: "reset" });
  }

  function drawAll() {
    places.forEach(draw);
    toggle.textContent = isDark() ? "Light" : "Dark";
    toggle.setAttribute("aria-label", `Use the ${isDark() ? "light" : "dark"} theme`);
  }

  function switchTraces(button) {
    const key = button.dataset.chart;
    const shows = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(shows));
    hidden[key] = hidden[key] || new Set();
    for (const number of button.dataset.traces.split(" ").map(Number)) {
      if (shows) hidden[key].delete(number);
      else hidden[key].add(number);
    }
    draw(document.getElementById(`chart-${key}`));
  }

  // One choice is shown at a time: its sections, and their entries in the contents.
  function choose(key) {
    for (const part of document.querySelectorAll("[data-choice]")) part.hidden = part.dataset.choice !== key || part.tagName === "P";
    places.filter((place) => place.closest("[data-choice]")).forEach(draw);
  }

  function savePicture(key) {
    const { data, layout } = figure(key);
    layout.width = 1200;
    layout.margin.b += 40;
    layout.height += 40;
    Plotly.downloadImage({ data, layout }, { format: "png", width: 1200, height: layout.height, scale: 2, filename: key });
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button === toggle) {
      root.dataset.theme = isDark() ? "light" : "dark";
      drawAll();
    } else if (button.dataset.save) savePicture(button.dataset.save);
    else if (button.dataset.traces) switchTraces(button);
    else if (button.dataset.open !== undefined) {
      const nodes = button.closest("section").querySelectorAll(".tree details");
      for (const node of nodes) node.open = Boolean(button.dataset.open);
    }
  });

  let width = innerWidth;
  let waiting = 0;
  addEventListener("resize", () => {
    if (printing || innerWidth === width) return;
    width = innerWidth;
    clearTimeout(waiting);
    waiting = setTimeout(drawAll, 120);
  });
  system.addEventListener("change", drawAll);
  addEventListener("beforeprint", () => {
    printing = true;
    drawAll();
  });
  addEventListener("afterprint", () => {
    printing = false;
    drawAll();
  });

  const choice = document.getElementById("choice");
  if (choice) {
    document.getElementById("chooser").hidden = false;
    choice.addEventListener("change", () => choose(choice.value));
    choose(choice.value);
  }
  for (const button of document.querySelectorAll("[data-open]")) button.hidden = false;
  toggle.hidden = false;
  drawAll();
  root.dataset.drawn = "true";
})();
