// Opens a page of the site in jsdom, types into it, and says what is to be seen. Usage: node script.cjs FOLDER JSDOM < [step, …]
const fs = require("fs"), path = require("path");
const [folder, library] = process.argv.slice(2);
const { JSDOM } = require(library);

async function open(page) {
  const dom = await JSDOM.fromFile(path.join(folder, page), {
    runScripts: "dangerously", resources: "usable", pretendToBeVisual: true,
    beforeParse(window) {
      window.matchMedia = () => ({ matches: false, addEventListener() {} });
      window.Element.prototype.scrollIntoView = () => {};
    },
  });
  await new Promise((done) => dom.window.addEventListener("load", done));
  return dom.window;
}

function search(window, text) {
  const input = window.document.querySelector("#search");
  input.value = text;
  input.dispatchEvent(new window.Event("input"));
  return [...window.document.querySelectorAll("#results li")].map((item) => item.dataset.href || item.textContent);
}

async function focus(window, text) {
  const form = window.document.querySelector("[data-focus]");
  if (!form) return null;
  form.querySelector("input").value = text;
  form.querySelector("input").dispatchEvent(new window.Event("change"));
  for (let wait = 0; wait < 50 && text && !window.ecgenNeighbours; wait++) await new Promise((done) => setTimeout(done, 100));
  const svg = window.document.querySelector(".canvas svg");
  return {
    hidden: form.hidden, said: form.querySelector("[role=status]").textContent,
    nodes: [...svg.querySelectorAll(".node")].map((node) => node.dataset.node).sort(), width: Number(svg.getAttribute("viewBox").split(" ")[2]),
  };
}

(async () => {
  const answers = [];
  let window, at;
  for (const [page, action, text] of JSON.parse(fs.readFileSync(0, "utf8"))) {
    if (page !== at) window = await open((at = page));
    answers.push(action === "search" ? search(window, text) : await focus(window, text));
  }
  console.log(JSON.stringify(answers));
  process.exit(0);
})();
