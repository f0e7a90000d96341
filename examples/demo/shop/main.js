// The shop's frame: finds the page for a path, changes pages without loading
// (history.pushState), and keeps what stands around the page up to date.
import { about } from "./about.js";
import { account } from "./account.js";
import { cartPage } from "./cart.js";
import { checkout, done } from "./checkout.js";
import { h } from "./dom.js";
import { category, home, productPage } from "./catalogue.js";
import { cartCount, user } from "./store.js";
import * as tracking from "./tracking.js";

const base = "/demo/";
const main = document.getElementById("main");

// A page is {title, name, nodes}, and optionally properties for the page call
// and shown(), called when it is there.
const routes = [
  [/^$/, home],
  [/^category\/([a-z-]+)$/, category],
  [/^product\/([a-z-]+)$/, productPage],
  [/^cart$/, cartPage],
  [/^checkout$/, checkout],
  [/^checkout\/done$/, done],
  [/^account$/, account],
  [/^about$/, about],
];

function pageFor(path) {
  for (const [pattern, page] of routes) {
    const match = pattern.exec(path);
    const found = match && page(...match.slice(1));
    if (found) return found;
  }
  return { title: "Not found", name: "Not Found", nodes: [h("section", { class: "narrow" }, h("h1", {}, "There is nothing here"), h("p", {}, "The shelf you were looking for has been moved."), h("a", { class: "button", href: base }, "To the shop"))] };
}

function show({ focus }) {
  const path = decodeURIComponent(location.pathname.slice(base.length)).replace(/\/+$/, "");
  const page = pageFor(path);
  document.title = page.title === "Tangent" ? "Tangent" : `${page.title} · Tangent`;
  main.replaceChildren(...page.nodes);
  for (const link of document.querySelectorAll("[data-nav]")) {
    if (link.getAttribute("href") === location.pathname) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  tracking.page(page.name, page.properties);
  page.shown?.();
  if (focus) {
    scrollTo(0, 0);
    main.focus({ preventScroll: true });
  }
}

/** Goes to a page of the shop. */
export function go(path) {
  history.pushState(null, "", path);
  show({ focus: true });
}

/** Draws the page again, without counting as a visit. */
export function redraw() {
  const path = decodeURIComponent(location.pathname.slice(base.length)).replace(/\/+$/, "");
  main.replaceChildren(...pageFor(path).nodes);
}

document.addEventListener("click", (e) => {
  const link = e.target.closest("a[href]");
  if (!link || e.defaultPrevented || e.button !== 0 || e.metaKey || e.ctrlKey || e.shiftKey || e.altKey || link.target) return;
  const url = new URL(link.href);
  if (url.origin !== location.origin || !url.pathname.startsWith(base)) return;
  if (url.hash && url.pathname === location.pathname) return;
  e.preventDefault();
  go(url.pathname + url.search);
});

addEventListener("popstate", () => show({ focus: true }));

function refresh() {
  document.getElementById("cart-count").textContent = String(cartCount());
  document.getElementById("nav-account").textContent = user()?.name ?? "Sign in";
}
addEventListener("shop:changed", refresh);

addEventListener("shop:call", ({ detail: { method, args } }) => {
  const list = document.getElementById("calls");
  const what = typeof args[0] === "string" ? args[0] : "";
  list.prepend(h("li", {}, h("code", { "data-method": method }, method), what ? ` ${what}` : ""));
  while (list.children.length > 4) list.lastChild.remove();
});

refresh();
show({ focus: false });
