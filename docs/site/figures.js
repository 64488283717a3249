// Draws the figures of a notebook, which stand in the page as data.
for (const source of document.querySelectorAll("script.figure")) {
  const figure = JSON.parse(source.textContent);
  const place = document.createElement("div");
  place.className = "figure";
  source.after(place);
  Plotly.newPlot(place, figure.data, figure.layout, { responsive: true, displayModeBar: false });
}
