// Files that the page saves.
export function save(name, content, type) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

// A chart as a file of its own: what style sheets say is written into it.
const KEPT = ["fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray", "font-size", "font-weight", "font-family", "opacity", "paint-order", "stroke-linejoin"];
function standalone(chart) {
  const copy = chart.cloneNode(true), here = [chart, ...chart.querySelectorAll("*")], there = [copy, ...copy.querySelectorAll("*")];
  here.forEach((node, n) => {
    const style = getComputedStyle(node);
    there[n].setAttribute("style", KEPT.map((key) => `${key}:${style.getPropertyValue(key).replaceAll('"', "'")}`).join(";"));
    there[n].removeAttribute("class");
  });
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  const ground = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  ground.setAttribute("width", "100%");
  ground.setAttribute("height", "100%");
  ground.setAttribute("style", `fill:${getComputedStyle(chart.closest(".card") ?? chart).backgroundColor}`);
  copy.insertBefore(ground, copy.firstChild);
  return new XMLSerializer().serializeToString(copy);
}

export function saveChart(root, name, kind) {
  const chart = root.querySelector(`svg[data-chart="${name}"]`);
  if (!chart) return;
  const text = standalone(chart), file = `waterplan-${name}.${kind}`;
  if (kind === "svg") return save(file, text, "image/svg+xml");
  const picture = new Image();
  picture.onload = () => {
    const canvas = document.createElement("canvas");
    canvas.width = Number(chart.getAttribute("width")) * 2;
    canvas.height = Number(chart.getAttribute("height")) * 2;
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    canvas.toBlob((blob) => save(file, blob), "image/png");
  };
  picture.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
}
