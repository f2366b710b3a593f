// Clones a template of the page. Returns the clone, and a function that finds its parts by their data attribute.
export function clone(template) {
  const item = document.getElementById(template).content.firstElementChild.cloneNode(true);
  return [item, (part) => item.querySelector(`[data-${part}]`)];
}
