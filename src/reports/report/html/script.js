"use strict";
(() => {
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const by = (id) => document.getElementById(id);
  const form = by("filter");
  const query = by("q");
  const choices = { v: by("f-v"), p: by("f-p"), f: by("f-f"), s: by("f-s") };

  // The filter applies to tests wherever they are listed: in groups (causes and cases), sections and suites.
  const groups = all(".group").map((element) => ({
    element,
    suite: element.dataset.s,
    leaves: all("[data-v]", element).map((leaf) => ({
      element: leaf,
      v: leaf.dataset.v,
      p: leaf.dataset.p,
      f: leaf.dataset.f ?? leaf.parentElement.dataset.f,
      s: element.dataset.s ?? leaf.id.split("/").slice(3)[0],
    })),
    text: null,
  }));
  const outer = all("section.filtered, details.suite");
  const closed = all("details.suite, details.fold, details.more");
  const inCases = (group) => group.suite !== undefined;
  const total = groups.filter(inCases).reduce((sum, group) => sum + group.leaves.length, 0);
  let active = false;

  const apply = () => {
    const words = query.value.toLowerCase().split(/\s+/).filter(Boolean);
    const chosen = Object.entries(choices).map(([key, select]) => [key, select.value]).filter(([, value]) => value);
    let shown = 0;
    for (const group of groups) {
      if (words.length && group.text === null) group.text = group.element.textContent.toLowerCase();
      const found = words.every((word) => group.text.includes(word));
      let any = false;
      for (const leaf of group.leaves) {
        const fits = found && chosen.every(([key, value]) => leaf[key] === value);
        if (leaf.element.hidden === fits) leaf.element.hidden = !fits;
        any ||= fits;
        if (fits && inCases(group)) shown += 1;
      }
      if (group.element.hidden === any) group.element.hidden = !any;
    }
    for (const flow of all("p.fl")) flow.hidden = !flow.querySelector("[data-v]:not([hidden])");
    for (const element of outer) element.hidden = !element.querySelector(".group:not([hidden])");
    const now = words.length > 0 || chosen.length > 0;
    if (now !== active) for (const element of closed) element.open = now;
    active = now;
    by("shown").textContent = now ? `${shown} of ${total} tests` : `${total} tests`;
  };

  let waiting;
  query.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(apply, 80);
  });
  for (const select of Object.values(choices)) select.addEventListener("change", apply);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    apply();
  });
  form.addEventListener("reset", () => setTimeout(apply));
  form.hidden = false;

  document.addEventListener("keydown", (event) => {
    const typing = event.target instanceof Element && event.target.closest("input, select, textarea");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      query.focus();
    } else if (event.key === "Escape" && event.target === query && query.value) {
      query.value = "";
      apply();
    }
  });

  // A link to something that is closed or filtered out opens it.
  const reveal = () => {
    let id;
    try {
      id = decodeURIComponent(location.hash.slice(1));
    } catch {
      return;
    }
    const target = id && by(id);
    if (!target) return;
    if (target.closest("[hidden]")) {
      form.reset();
      apply();
    }
    for (let element = target; element; element = element.parentElement) {
      if (element instanceof HTMLDetailsElement) element.open = true;
    }
    const own = target.querySelector("details");
    if (own && (target.matches("li") || target.matches("tr"))) own.open = true;
    target.scrollIntoView();
    if (!target.hasAttribute("tabindex")) target.setAttribute("tabindex", "-1");
    target.focus({ preventScroll: true });
  };
  addEventListener("hashchange", reveal);
  document.addEventListener("click", (event) => {
    // A click on the same fragment twice does not change the hash.
    const link = event.target instanceof Element && event.target.closest("a[href^='#']");
    if (link && link.getAttribute("href") === location.hash) reveal();
  });

  const copy = async (text, block) => {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      getSelection().selectAllChildren(block);
      return document.execCommand("copy");
    }
  };
  for (const block of all("pre[data-copy]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = "Copy";
    button.setAttribute("aria-label", `Copy ${block.dataset.copy}`);
    button.addEventListener("click", async () => {
      button.textContent = (await copy(block.textContent, block)) ? "Copied" : "Select and copy";
      setTimeout(() => (button.textContent = "Copy"), 1500);
    });
    block.before(button);
  }

  addEventListener("beforeprint", () => {
    for (const element of all("details.cause, details.fold, details.suite")) element.open = true;
  });

  apply();
  reveal();
})();
