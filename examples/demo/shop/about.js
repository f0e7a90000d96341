import { h } from "./dom.js";

export function about() {
  return {
    title: "About",
    name: "About",
    nodes: [
      h("section", { class: "narrow prose" },
        h("h1", {}, "About this shop"),
        h("p", {}, "Tangent does not exist. It comes with Secant so that there is something to click on: a home page, categories, products, a cart, a check-out and an account, all in one page that changes without loading."),
        h("p", {}, "It loads analytics.js from the Secant that serves it, and calls page, track, identify and reset like a real shop would. The names and properties of its events follow the e-commerce spec."),
        h("p", {}, "The cart and the account live in this browser only. Nothing leaves your machine but the events, and those go to your own Secant."),
        h("a", { class: "button", href: "/sources/demo-shop/debugger" }, "Open the debugger")),
    ],
  };
}
