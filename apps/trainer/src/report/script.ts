/**
 * The linked cursor: the measurement nearest to the pointer is marked in every chart, and its values shown beside it.
 *
 * The report is complete without it. It is plain text, not a module, because it runs in the page.
 */
export const script = `"use strict";
{
  const tip = document.createElement("div");
  tip.id = "tip";
  tip.hidden = true;
  document.body.append(tip);
  const clear = () => {
    for (const dot of document.querySelectorAll(".dot.on")) dot.classList.remove("on");
    tip.hidden = true;
  };
  document.addEventListener("pointermove", (event) => {
    const chart = event.target.closest?.(".chart");
    clear();
    const dots = chart ? [...chart.querySelectorAll(".dot")] : [];
    if (dots.length === 0) return;
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(chart.getScreenCTM().inverse());
    const distance = (dot) => Math.hypot(dot.cx.baseVal.value - point.x, (dot.cy.baseVal.value - point.y) / 4);
    const nearest = dots.reduce((a, b) => (distance(b) < distance(a) ? b : a));
    for (const dot of document.querySelectorAll('.dot[data-step="' + nearest.dataset.step + '"]')) dot.classList.add("on");
    const lines = dots.filter((dot) => dot.dataset.step === nearest.dataset.step).map((dot) => dot.textContent);
    tip.replaceChildren(...lines.map((line) => Object.assign(document.createElement("div"), { textContent: line })));
    tip.hidden = false;
    tip.style.left = Math.max(4, Math.min(event.clientX + 14, innerWidth - tip.offsetWidth - 4)) + "px";
    tip.style.top = Math.max(4, event.clientY - tip.offsetHeight - 12) + "px";
  });
  document.addEventListener("pointerleave", clear);
}
`;
