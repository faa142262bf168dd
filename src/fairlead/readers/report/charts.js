// Draws the charts from the numbers on the page: light or dark as asked for, light on paper.
"use strict";
(() => {
  const LIGHT = {
    ink: "#16202b", quiet: "#5a6875", line: "#e4e9ee", card: "#ffffff", mid: "#7c8a97",
    equity: "#0b5c8f", fall: "#b3261e", fallGround: "rgba(179,38,30,0.16)",
    buy: "#0b6fb8", sell: "#d2600f", positions: ["#0b5c8f", "#8a4fae", "#0a7d6c", "#a3660b"],
  };
  const DARK = {
    ink: "#e4eaf0", quiet: "#93a1af", line: "#26313b", card: "#171f27", mid: "#8795a3",
    equity: "#6cb6e8", fall: "#ff8a7a", fallGround: "rgba(255,138,122,0.18)",
    buy: "#5fb3f0", sell: "#f39a4e", positions: ["#6cb6e8", "#c99be4", "#5ccbb8", "#e9b84f"],
  };
  const CLEAR = "rgba(0,0,0,0)";
  const SCREEN = { width: undefined, height: undefined }; // as the page has room
  const PAPER = { width: 660, height: 300 }; // pixels: A4 and Letter between their margins
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const numbers = JSON.parse(document.getElementById("numbers").textContent);
  const charts = numbers.filter((chart) => chart.kind);
  const places = [...document.querySelectorAll(".chart")];

  function axis(colours, title, more) {
    return {
      title: { text: title, font: { color: colours.quiet, size: 12 }, standoff: 8 },
      tickfont: { color: colours.quiet }, gridcolor: colours.line, linecolor: colours.line,
      zeroline: false, automargin: true, ...more,
    };
  }

  function layout(colours, times, title, upper, lower) {
    const spikes = {
      showspikes: true, spikemode: "across", spikethickness: 1, spikedash: "dot",
      spikecolor: colours.quiet,
    };
    return {
      title: { text: title, x: 0, xref: "paper", font: { size: 15, color: colours.ink } },
      xaxis: axis(colours, "", {
        ...spikes, type: "date", anchor: lower ? "y2" : "y",
        range: [times[0], times[times.length - 1]],
      }),
      yaxis: { ...upper, domain: lower ? [0.34, 1] : [0, 1] },
      ...(lower && { yaxis2: { ...lower, domain: [0, 0.27], nticks: 4 } }),
      legend: {
        orientation: "h", x: 1, xanchor: "right", y: 1.03, yanchor: "bottom", bgcolor: CLEAR,
      },
      hoverlabel: {
        bgcolor: colours.card, bordercolor: colours.line, font: { color: colours.ink },
      },
      font: { family: "system-ui, sans-serif", size: 12, color: colours.ink },
      margin: { l: 10, r: 14, t: 40, b: 10 },
      hovermode: "x unified", dragmode: "zoom", paper_bgcolor: CLEAR, plot_bgcolor: CLEAR,
    };
  }

  function line(chart, name, y, colour, width, more) {
    const look = { color: colour, width, shape: "hv", ...more.line };
    return { type: "scatter", mode: "lines", name, x: chart.times, y, ...more, line: look };
  }

  function markers(side, name, symbol, colours, colour) {
    return {
      type: "scatter", mode: "markers", name, x: side.times, y: side.prices, text: side.texts,
      hovertemplate: "%{text}",
      marker: { symbol, size: 9, color: colour, line: { color: colours.card, width: 1 } },
    };
  }

  function equity(chart, colours) {
    const initial = chart.times.map(() => chart.initial);
    const traces = [
      line(chart, "Initial", initial, colours.quiet, 1, {
        hoverinfo: "skip", line: { dash: "dot" },
      }),
      line(chart, "Equity", chart.equity, colours.equity, 2, { hovertemplate: "%{y:,.2f}" }),
      line(chart, "Drawdown", chart.drawdown, colours.fall, 1, {
        yaxis: "y2", fill: "tozeroy", fillcolor: colours.fallGround, hovertemplate: "%{y:.4%}",
      }),
    ];
    const upper = axis(colours, `Equity, ${chart.currency}`, { tickformat: ",~r" });
    const lower = axis(colours, "Drawdown", { tickformat: "~%", rangemode: "tozero" });
    return [traces, layout(colours, chart.times, "", upper, lower)];
  }

  function price(chart, colours) {
    const fill = chart.positions.length === 1 ? "tozeroy" : "none";
    const held = chart.positions.map((position, index) => {
      const colour = colours.positions[index % colours.positions.length];
      const more = { yaxis: "y2", fill, hovertemplate: "%{y:,}" };
      return line(chart, `Position, ${position.name}`, position.quantity, colour, 1.5, more);
    });
    const traces = [
      line(chart, "Mid", chart.mid, colours.mid, 1.2, {}),
      markers(chart.buys, "Buy", "triangle-up", colours, colours.buy),
      markers(chart.sells, "Sell", "triangle-down", colours, colours.sell),
      ...held,
    ];
    const zero = { zeroline: true, zerolinecolor: colours.quiet };
    const upper = axis(colours, "Price", { tickformat: `,.${chart.decimals}f` });
    const lower = held.length > 0 && axis(colours, "Position", { tickformat: ",~r", ...zero });
    return [traces, layout(colours, chart.times, `<b>${chart.symbol}</b>`, upper, lower)];
  }

  function draw(colours, size) {
    const settings = { displayModeBar: false, showTips: false };
    charts.forEach((chart, index) => {
      const [traces, look] = (chart.kind === "equity" ? equity : price)(chart, colours);
      Plotly.react(places[index], traces, { ...look, ...size }, settings);
    });
  }

  const room = new ResizeObserver((changes) => {
    changes.forEach((change) => Plotly.Plots.resize(change.target));
  });
  function onScreen() {
    draw(dark.matches ? DARK : LIGHT, SCREEN);
    charts.forEach((chart, index) => room.observe(places[index]));
  }

  onScreen();
  dark.addEventListener("change", onScreen);
  window.addEventListener("beforeprint", () => {
    room.disconnect();
    draw(LIGHT, PAPER);
  });
  window.addEventListener("afterprint", onScreen);
})();
