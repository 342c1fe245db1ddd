// Makes the live element look like the new HTML and keeps what has the focus.
export function patch(element, html) {
  const made = document.createElement("template");
  made.innerHTML = html;
  morph(element, made.content);
}
function morph(live, made) {
  const wanted = [...made.childNodes];
  wanted.forEach((next, place) => {
    const here = live.childNodes[place];
    if (!here) return live.appendChild(next);
    if (here.nodeType !== next.nodeType || here.nodeName !== next.nodeName) return live.replaceChild(next, here);
    if (here.nodeType === 3) {
      if (here.data !== next.data) here.data = next.data;
      return null;
    }
    for (const { name, value } of next.attributes) if (here.getAttribute(name) !== value) here.setAttribute(name, value);
    for (const { name } of [...here.attributes]) if (!next.hasAttribute(name) && name !== "open") here.removeAttribute(name);
    return morph(here, next);
  });
  while (live.childNodes.length > wanted.length) live.removeChild(live.lastChild);
}
