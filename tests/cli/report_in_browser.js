// What is wrong with the page as it is laid out, as a list of sentences.
(() => {
  const wrong = [];
  const root = document.documentElement;
  if (root.scrollWidth > innerWidth) wrong.push(`the page is ${root.scrollWidth} px wide, the screen ${innerWidth}`);

  for (const region of document.querySelectorAll(".scroll")) {
    const hidden = region.scrollWidth - region.clientWidth;
    if (innerWidth > 1000 && hidden > 0) wrong.push(`${hidden} px of "${region.ariaLabel}" are hidden on a wide screen`);
  }

  const numbers = (colour) => {
    const parts = colour.match(/-?[\d.]+(e-?\d+)?/g).map(Number);
    const scale = colour.startsWith("color(") ? 255 : 1;
    return [parts[0] * scale, parts[1] * scale, parts[2] * scale, parts[3] ?? 1];
  };
  const light = (colour) => {
    const linear = numbers(colour).slice(0, 3).map((c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  };
  const behind = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const colour = getComputedStyle(e).backgroundColor;
      if (numbers(colour)[3] > 0) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  const ratio = (a, b) => {
    const [high, low] = [light(a), light(b)].sort((x, y) => y - x);
    return (high + 0.05) / (low + 0.05);
  };
  let texts = 0;
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
    if (!own || element.closest("style")) continue;
    const style = getComputedStyle(element);
    const ink = element instanceof SVGElement ? style.fill : style.color;
    const contrast = ratio(ink, behind(element));
    texts += 1;
    if (contrast < 4.5) wrong.push(`"${element.textContent.trim().slice(0, 40)}" has a contrast of ${contrast.toFixed(2)}`);
  }
  if (texts < 100) wrong.push(`only ${texts} texts were found`);
  for (const table of document.querySelectorAll("table")) {
    if (!table.caption) wrong.push("a table has no caption");
  }
  for (const picture of document.querySelectorAll("figure [role=img]")) {
    if (!picture.ariaLabel) wrong.push("a picture has no name");
  }
  return wrong;
})()
