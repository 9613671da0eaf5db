// What the pages do beside htmx: the theme, the state of the connection, notices, dialogs and charts.
"use strict";
(() => {
  const root = document.documentElement;
  const storedTheme = localStorage.getItem("theme");
  if (storedTheme) root.dataset.theme = storedTheme;

  const isDark = () =>
    root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;

  const colour = (name) => {
    // A custom property holds light-dark() as it is written; only a real property resolves it.
    const probe = document.createElement("span");
    probe.style.color = `var(${name})`;
    document.body.append(probe);
    const value = getComputedStyle(probe).color;
    probe.remove();
    return value;
  };

  // Notices

  let noticeTimer;
  const box = document.getElementById("notice");
  const notice = (text, kind) => {
    // What lies outside of an open dialog is neither seen nor read out.
    (document.querySelector("dialog[open]") ?? document.body).append(box);
    box.textContent = text;
    box.dataset.kind = kind;
    box.hidden = false;
    clearTimeout(noticeTimer);
    noticeTimer = setTimeout(() => { box.hidden = true; }, kind === "bad" ? 15000 : 6000);
  };

  document.addEventListener("close", (event) => {
    if (event.target.contains(box)) document.body.append(box);
  }, true);

  const explain = (xhr) => {
    try {
      return JSON.parse(xhr.responseText).detail;
    } catch {
      return xhr.status ? `The server answered ${xhr.status}.` : "The server does not answer.";
    }
  };

  document.addEventListener("htmx:responseError", (event) => {
    notice(explain(event.detail.xhr), "bad");
  });
  document.addEventListener("htmx:sendError", (event) => {
    // A page that refreshes itself says it by its state of the connection.
    if (event.detail.requestConfig.verb !== "get") notice("The server does not answer; nothing is known to be changed.", "bad");
  });
  // An answer may say something in a header: HX-Trigger: {"notice": "…"}.
  document.addEventListener("notice", (event) => notice(event.detail.value, "good"));

  // Dialogs: a button with data-opens shows the dialog of that id, and a successful request from it closes it.

  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-opens]");
    if (opener) document.getElementById(opener.dataset.opens).showModal();
    const closer = event.target.closest("[data-closes]");
    if (closer) {
      const dialog = closer.closest("dialog");
      if (dialog) dialog.close();
      else history.back();
    }
    const copier = event.target.closest("[data-copies]");
    if (copier) {
      navigator.clipboard.writeText(document.getElementById(copier.dataset.copies).textContent)
        .then(() => notice("Copied.", "good"), () => notice("The browser does not let this page copy; select the text.", "bad"));
    }
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.successful && event.detail.requestConfig.verb !== "get") event.detail.elt.closest("dialog")?.close();
    const name = event.detail.elt.querySelector?.("[name='by']");
    if (event.detail.successful && name?.value) localStorage.setItem("by", name.value);
  });
  // A form that comes into an empty dialog opens it.
  document.addEventListener("htmx:afterSwap", (event) => {
    const dialog = event.detail.target;
    if (!dialog.matches("dialog")) return;
    const name = dialog.querySelector("[name='by']");
    if (name) name.value = localStorage.getItem("by") ?? "";
    if (!dialog.open) dialog.showModal();
  });
  // A part that is refreshed while a dialog in it is open would take away what is typed.
  document.addEventListener("htmx:beforeRequest", (event) => {
    const elt = event.detail.elt;
    if (event.detail.requestConfig.verb === "get" && elt.matches("[hx-trigger*='sse:']") && elt.querySelector("dialog[open]")) {
      event.preventDefault();
    }
  });

  // Charts: an element with data-chart asks for its JSON with htmx, and gets it drawn.
  // {"x": […], "xLabel": "…", "series": [{"label": "…", "values": […], "unit": "share"}], "marks": [{"x": …, "label": "…"}]}

  const charts = new Map();
  const palette = ["--chart-1", "--chart-2", "--chart-3"];
  const share = (value) => value == null ? "–" : `${(100 * value).toFixed(1)}%`;

  const marksOf = (element) => ({
    hooks: {
      draw: [(plot) => {
        const { ctx, bbox } = plot;
        ctx.save();
        ctx.font = `${11 * devicePixelRatio}px system-ui, sans-serif`;
        let lastLabel = -Infinity;
        for (const mark of charts.get(element)?.data.marks ?? []) {
          const x = plot.valToPos(mark.x, "x", true);
          if (x < bbox.left || x > bbox.left + bbox.width) continue;
          ctx.strokeStyle = ctx.fillStyle = colour(mark.kind === "drift" ? "--bad" : "--quiet");
          ctx.globalAlpha = mark.kind === "drift" ? 0.9 : 0.45;
          ctx.setLineDash(mark.kind === "drift" ? [] : [4, 4]);
          ctx.beginPath();
          ctx.moveTo(x, bbox.top);
          ctx.lineTo(x, bbox.top + bbox.height);
          ctx.stroke();
          ctx.globalAlpha = 1;
          if (x - lastLabel > 34 * devicePixelRatio) {
            ctx.fillText(mark.label, x + 3, bbox.top + 11 * devicePixelRatio);
            lastLabel = x;
          }
        }
        ctx.restore();
      }],
    },
  });

  const draw = (element, data) => {
    const known = charts.get(element);
    const series = data.series.map((one) => one.values);
    const shape = JSON.stringify([data.series.map((one) => one.label), isDark()]);
    if (known && known.shape === shape) {
      known.data = data;
      known.plot.setData([data.x, ...series]);
      return;
    }
    known?.plot.destroy();
    const line = colour("--line");
    const axis = { stroke: colour("--quiet"), grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1 } };
    const shares = data.series.every((one) => one.unit === "share");
    const plot = new uPlot({
      width: element.clientWidth,
      height: Math.max(220, Math.min(340, element.clientWidth * 0.45)),
      scales: { x: { time: false } },
      axes: [
        { ...axis, label: data.xLabel, labelSize: 22, values: (_, ticks) => ticks.map((tick) => tick.toLocaleString("en")) },
        { ...axis, size: 58, values: (_, ticks) => ticks.map((tick) => shares ? `${Math.round(100 * tick)}%` : tick) },
      ],
      series: [
        { label: data.xLabel },
        ...data.series.map((one, i) => ({
          label: one.label,
          stroke: colour(palette[i % palette.length]),
          width: 2,
          dash: one.dashed ? [6, 4] : undefined,
          points: { show: data.x.length < 3 },
          value: (_, value) => one.unit === "share" ? share(value) : value == null ? "–" : value.toPrecision(3),
        })),
      ],
      plugins: [marksOf(element)],
    }, [data.x, ...series], element);
    charts.set(element, { plot, shape, data });
    new ResizeObserver(() => {
      if (element.clientWidth && element.clientWidth !== plot.width) {
        plot.setSize({ width: element.clientWidth, height: plot.height });
      }
    }).observe(element);
  };

  document.addEventListener("htmx:afterRequest", (event) => {
    const element = event.detail.elt;
    if (element.matches("[data-chart]") && event.detail.successful) draw(element, JSON.parse(event.detail.xhr.responseText));
  });
  const redraw = () => charts.forEach(({ data }, element) => draw(element, data));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);

  // Buttons of the frame, and the state of the connection

  const state = (text, kind) => {
    const element = document.getElementById("link-state");
    element.textContent = text;
    element.dataset.state = kind;
  };
  document.addEventListener("htmx:sseOpen", () => state("live", "live"));
  document.addEventListener("htmx:sseError", () => state("connection lost", "lost"));

  document.addEventListener("DOMContentLoaded", () => {
    document.getElementById("theme-button").addEventListener("click", () => {
      root.dataset.theme = isDark() ? "light" : "dark";
      localStorage.setItem("theme", root.dataset.theme);
      redraw();
    });
  });
})();
