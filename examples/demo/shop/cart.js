import { h } from "./dom.js";
import { money, product } from "./products.js";
import { redraw } from "./main.js";
import { cart, setQuantity } from "./store.js";
import * as tracking from "./tracking.js";

export const subtotal = () => cart().reduce((n, l) => n + product(l.id).price * l.quantity, 0);

function change(p, from, to) {
  setQuantity(p.id, to);
  if (to > from) tracking.productAdded(p, to - from);
  else tracking.productRemoved(p, from - to);
  redraw();
}

function line({ id, quantity }) {
  const p = product(id);
  return h("li", { class: "line", "data-product-id": id },
    h("span", { class: `picture small-picture ${p.category}` }, h("img", { src: `/demo/art/${id}.svg`, alt: "", width: 64, height: 64 })),
    h("span", { class: "line-name" }, h("a", { href: `/demo/product/${id}` }, p.name), h("span", { class: "small" }, money(p.price))),
    h("span", { class: "stepper" },
      h("button", { type: "button", "data-action": "decrease", "data-product-id": id, "aria-label": `One ${p.name} less`, onclick: () => change(p, quantity, quantity - 1) }, "−"),
      h("span", {}, String(quantity)),
      h("button", { type: "button", "data-action": "increase", "data-product-id": id, "aria-label": `One ${p.name} more`, onclick: () => change(p, quantity, quantity + 1) }, "+")),
    h("span", { class: "price" }, money(p.price * quantity)),
    h("button", { type: "button", class: "plain", "data-action": "remove-from-cart", "data-product-id": id, "aria-label": `Remove ${p.name}`, onclick: () => change(p, quantity, 0) }, "Remove"));
}

export function cartPage() {
  const lines = cart();
  return {
    title: "Cart",
    name: "Cart",
    nodes: [
      h("section", { class: "narrow" },
        h("h1", {}, "Cart"),
        lines.length === 0
          ? h("div", {}, h("p", {}, "Nothing in it yet."), h("a", { class: "button", href: "/demo/" }, "Look around"))
          : h("div", {},
              h("ul", { class: "lines" }, lines.map(line)),
              h("p", { class: "total" }, "Subtotal ", h("b", { id: "cart-total" }, money(subtotal()))),
              h("a", { class: "button", id: "start-checkout", "data-action": "start-checkout", href: "/demo/checkout" }, "Check out"))),
    ],
    shown: () => lines.length > 0 && tracking.cartViewed(),
  };
}
