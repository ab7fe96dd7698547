// Search, theme, copying and the diagrams. Everything else of the site works without this script.
(function () {
  "use strict";
  var root = document.documentElement;

  // The remembered theme, before anything is painted. Some browsers keep no storage for pages on disk.
  function remembered() {
    try { return localStorage.getItem("ecgen-theme"); } catch (error) { return null; }
  }
  function remember(theme) {
    try { localStorage.setItem("ecgen-theme", theme); } catch (error) { /* it holds for this page */ }
  }
  var system = matchMedia("(prefers-color-scheme: dark)");
  var chosen = remembered();
  if (chosen === "light" || chosen === "dark") root.dataset.theme = chosen;

  function isDark() {
    return root.dataset.theme ? root.dataset.theme === "dark" : system.matches;
  }

  function themeButton(button) {
    function show() { button.setAttribute("aria-pressed", String(isDark())); }
    button.hidden = false;
    show();
    system.addEventListener("change", show);
    button.addEventListener("click", function () {
      root.dataset.theme = isDark() ? "light" : "dark";
      remember(root.dataset.theme);
      show();
    });
  }

  // Search. A row is [name, page, anchor, what it is, description]; see search-index.js.
  function score(row, words) {
    var name = row[0].toLowerCase(), rest = (row[3] + " " + row[4]).toLowerCase(), total = 0;
    for (var i = 0; i < words.length; i++) {
      var word = words[i], at = name.indexOf(word), points;
      if (name === word) points = 100;
      else if (at === 0) points = 60;
      else if (at > 0) points = /[._]/.test(name[at - 1]) || startsHump(row[0], at) ? 45 : 25;
      else {
        at = rest.indexOf(word);
        if (at < 0) return 0;
        points = at === 0 || /\W/.test(rest[at - 1]) ? 12 : 4;
      }
      total += points;
    }
    return total + (row[2] === "" ? 20 : 0) - name.length / 100;
  }
  function startsHump(name, at) { return name[at] !== name[at].toLowerCase(); }

  function find(query) {
    var words = query.toLowerCase().split(/\s+/).filter(Boolean);
    if (!words.length) return [];
    return (window.ecgenIndex || [])
      .map(function (row, place) { return { row: row, place: place, score: score(row, words) }; })
      .filter(function (hit) { return hit.score > 0; })
      .sort(function (a, b) { return b.score - a.score || a.place - b.place; });
  }

  function marked(text, words) {
    var box = document.createElement("b"), lower = text.toLowerCase(), at = 0;
    while (at < text.length) {
      var next = text.length, length = 0;
      words.forEach(function (word) {
        var found = lower.indexOf(word, at);
        if (found >= 0 && (found < next || (found === next && word.length > length))) { next = found; length = word.length; }
      });
      box.append(text.slice(at, next));
      if (!length) break;
      box.append(element("mark", text.slice(next, next + length)));
      at = next + length;
    }
    return box;
  }
  function element(name, text, className) {
    var made = document.createElement(name);
    made.textContent = text;
    if (className) made.className = className;
    return made;
  }

  function searchBox(box) {
    var input = box.querySelector("input"), list = box.querySelector("ul"), status = box.querySelector("[role=status]");
    var most = 30, selected = -1;
    box.hidden = false;

    function close() {
      list.hidden = true;
      selected = -1;
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
    }
    function select(place) {
      var items = list.querySelectorAll("[role=option]");
      if (!items.length) return;
      selected = (place + items.length) % items.length;
      items.forEach(function (item, number) { item.setAttribute("aria-selected", String(number === selected)); });
      input.setAttribute("aria-activedescendant", items[selected].id);
      items[selected].scrollIntoView({ block: "nearest" });
    }
    function open(item) { if (item) location.href = item.dataset.href; }
    function update() {
      var words = input.value.toLowerCase().split(/\s+/).filter(Boolean), hits = find(input.value);
      list.replaceChildren();
      if (!words.length) { status.textContent = ""; return close(); }
      hits.slice(0, most).forEach(function (hit, number) {
        var row = hit.row, item = document.createElement("li");
        item.id = "result-" + number;
        item.setAttribute("role", "option");
        item.dataset.href = document.body.dataset.root + "models/" + row[1] + ".html" + (row[2] ? "#" + row[2] : "");
        item.append(marked(row[0], words), element("span", row[3], "of"));
        if (row[4]) item.append(element("span", row[4], "line"));
        item.addEventListener("mousedown", function (event) { event.preventDefault(); });
        item.addEventListener("click", function () { open(item); });
        list.append(item);
      });
      if (!hits.length) {
        var none = element("li", "Nothing is called that, and no description says it.", "none");
        none.setAttribute("role", "option");
        none.setAttribute("aria-disabled", "true");
        none.setAttribute("aria-selected", "false");
        list.append(none);
      }
      status.textContent = hits.length === 1 ? "1 result" : hits.length + " results";
      list.hidden = false;
      input.setAttribute("aria-expanded", "true");
      selected = -1;
      if (hits.length) select(0);
    }

    input.addEventListener("input", update);
    input.addEventListener("focus", function () { if (input.value) update(); });
    input.addEventListener("blur", close);
    input.addEventListener("keydown", function (event) {
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        if (list.hidden) update(); else select(selected + (event.key === "ArrowDown" ? 1 : -1));
      } else if (event.key === "Enter") {
        open(list.querySelector("[role=option][aria-selected=true]"));
      } else if (event.key === "Escape") {
        if (list.hidden) input.value = "";
        close();
      }
    });
    document.addEventListener("keydown", function (event) {
      var typing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
      if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
        event.preventDefault();
        input.focus();
        input.select();
      }
    });
  }

  // Diagrams: what belongs to the box under the pointer or the focus stands out; the large one can be scaled.
  function diagram(figure) {
    var svg = figure.querySelector(".canvas svg"), canvas = figure.querySelector(".canvas");
    var nodes = svg.querySelectorAll(".node"), edges = svg.querySelectorAll(".edge");
    function trace(name) {
      svg.classList.toggle("tracing", Boolean(name));
      var near = new Set([name]);
      edges.forEach(function (edge) {
        var ends = edge.dataset.ends.split(" "), touches = ends.indexOf(name) >= 0;
        edge.classList.toggle("near", touches);
        if (touches) ends.forEach(function (end) { near.add(end); });
      });
      nodes.forEach(function (node) { node.classList.toggle("near", near.has(node.dataset.node)); });
    }
    nodes.forEach(function (node) {
      ["mouseenter", "focus"].forEach(function (name) { node.addEventListener(name, function () { trace(node.dataset.node); }); });
      ["mouseleave", "blur"].forEach(function (name) { node.addEventListener(name, function () { trace(null); }); });
    });

    var zoom = figure.querySelector(".zoom");
    if (!zoom) return;
    var width = svg.viewBox.baseVal.width, height = svg.viewBox.baseVal.height, scale = 1;
    function resize(to) {
      scale = Math.min(3, Math.max(0.15, to));
      svg.setAttribute("width", width * scale);
      svg.setAttribute("height", height * scale);
    }
    function fitting() { return Math.min(1, (canvas.clientWidth - 24) / width); }
    zoom.hidden = false;
    if (fitting() > 0.7) resize(fitting()); // a little smaller is still read with ease
    zoom.addEventListener("click", function (event) {
      var kind = event.target.dataset.zoom;
      if (kind === "in") resize(scale * 1.25);
      if (kind === "out") resize(scale / 1.25);
      if (kind === "fit") resize(fitting());
    });
  }

  function copyButton(button) {
    if (!navigator.clipboard) return; // not there for pages from disk in some browsers
    button.hidden = false;
    button.addEventListener("click", function () {
      navigator.clipboard.writeText(button.parentElement.querySelector("pre").textContent).then(
        function () { button.textContent = "Copied"; setTimeout(function () { button.textContent = "Copy"; }, 1500); },
        function () { button.textContent = "Refused"; }
      );
    });
  }

  document.addEventListener("DOMContentLoaded", function () {
    themeButton(document.getElementById("theme"));
    searchBox(document.querySelector(".search"));
    document.querySelectorAll("[data-diagram]").forEach(diagram);
    document.querySelectorAll("[data-copy]").forEach(copyButton);
  });
})();
