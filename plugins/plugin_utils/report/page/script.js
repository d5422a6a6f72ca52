"use strict";
// Finds hosts in the table of hosts. Without it every host is in the table all the same.
(function () {
  const STEP = 100;
  const table = document.getElementById("host-table");
  if (!table) return;
  document.documentElement.classList.add("js");
  const classes = new Map(JSON.parse(document.getElementById("data").textContent).map((entry) => [entry.class, entry]));
  const search = document.getElementById("search");
  const selects = Array.from(document.querySelectorAll("select[data-key]"));
  const count = document.getElementById("count");
  const more = document.getElementById("more");
  const columns = Array.from(table.tHead.rows[0].cells, (cell) => cell.dataset.key);
  const rows = Array.from(table.tBodies[0].rows, entryOf);
  let limit = STEP;

  // What a row is found by: its own cells, and what is so of its class.
  function entryOf(row) {
    const texts = Array.from(row.cells, (cell) => cell.textContent.trim());
    const shared = classes.get(texts[columns.indexOf("class")]) || { text: "" };
    const entry = { row, text: (texts.join(" ") + " " + shared.text).toLowerCase() };
    for (const key of selects.map((select) => select.dataset.key)) {
      const column = columns.indexOf(key);
      entry[key] = (column < 0 ? [] : [texts[column]]).concat(shared[key] || []);
    }
    if (row.dataset.own) entry.check = entry.check.concat(row.dataset.own.split(" "));
    return entry;
  }

  function fits(entry, words, wanted) {
    return words.every((word) => entry.text.includes(word)) && wanted.every(([key, value]) => entry[key].includes(value));
  }

  function show() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const wanted = selects.filter((select) => select.value).map((select) => [select.dataset.key, select.value]);
    let found = 0;
    for (const entry of rows) {
      const fitting = fits(entry, words, wanted);
      if (fitting) found += 1;
      entry.row.hidden = !fitting || found > limit;
    }
    const shown = Math.min(found, limit);
    const all = found === rows.length ? "" : " of " + rows.length.toLocaleString("en");
    count.textContent = found.toLocaleString("en") + all + " hosts" + (shown < found ? ", " + shown.toLocaleString("en") + " shown" : "");
    more.hidden = shown >= found;
  }

  function again() {
    limit = STEP;
    show();
  }

  // A link to one host, or to a class that is folded.
  function follow() {
    const target = document.getElementById(location.hash.slice(1));
    table.querySelectorAll("tr.found").forEach((row) => row.classList.remove("found"));
    if (!target) return;
    if (target.tagName === "DETAILS") target.open = true;
    if (target.tagName === "TR") {
      search.form.reset();
      again();
      target.hidden = false;
      target.classList.add("found");
      target.tabIndex = -1;
      target.focus({ preventScroll: true });
    }
    target.scrollIntoView({ block: "start" });
  }

  search.addEventListener("input", again);
  selects.forEach((select) => select.addEventListener("change", again));
  search.form.addEventListener("submit", (event) => event.preventDefault());
  // A click, and not the reset itself: that is also done for a link to a host, which then stays in view.
  search.form.querySelector("[type=reset]").addEventListener("click", () => setTimeout(again));
  more.addEventListener("click", () => {
    const next = rows.filter((entry) => !entry.row.hidden).length;
    limit += STEP;
    show();
    const first = rows.filter((entry) => !entry.row.hidden)[next];
    if (first) {
      first.row.tabIndex = -1;
      first.row.focus();
    }
  });
  window.addEventListener("hashchange", follow);
  window.addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((part) => { part.open = true; }));
  show();
  follow();
})();
