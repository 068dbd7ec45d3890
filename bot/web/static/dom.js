/** Making elements without a template language and without parsing HTML. */

const SVG = "http://www.w3.org/2000/svg";
const PATHS = {
  chat: [
    "M21 11.5a8.4 8.4 0 0 1-8.5 8.3 8.9 8.9 0 0 1-3.9-.9L3.5 20.5l1.6-4.6a8 8 0 0 1-1.1-4.4 8.4 8.4 0 0 1 8.5-8.3 8.4 8.4 0 0 1 8.5 8.3Z",
    "M8.6 11.6h.01M12.5 11.6h.01M16.4 11.6h.01",
  ],
  close: ["M6 9.5l6 6 6-6"],
  send: ["M12 19V5.5", "M5.8 11.5 12 5.3l6.2 6.2"],
  clip: ["M20 11.3 12.2 19a4.9 4.9 0 0 1-6.9-6.9l7.9-7.8a3.2 3.2 0 0 1 4.6 4.6l-7.9 7.8a1.6 1.6 0 0 1-2.3-2.3l7.2-7.1"],
  down: ["M12 5v13.5", "M5.8 12.5 12 18.7l6.2-6.2"],
  alert: ["M12 7.5v5.5M12 16.4v.01", "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18Z"],
};

/** `el("button", {class: "send", type: "button"}, child, "text")`; null children are left out. */
export function el(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") node.addEventListener(key, value);
    else if (value === true) node.setAttribute(key, "");
    else if (value !== false && value != null) node.setAttribute(key, value);
  }
  node.append(...children.filter((child) => child != null));
  return node;
}

export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", "icon");
  for (const d of PATHS[name]) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", d);
    svg.append(path);
  }
  return svg;
}

/** Changes a text only where it differs: an unchanged live region must not be read again. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
