import { subtotal } from "./cart.js";
import { h } from "./dom.js";
import { go } from "./main.js";
import { money } from "./products.js";
import { cart, emptyCart, user } from "./store.js";
import * as tracking from "./tracking.js";

const shippings = [
  { id: "slow", name: "By bicycle, 5 days", price: 6 },
  { id: "fast", name: "By train, 2 days", price: 12 },
];

let order;

export function checkout() {
  if (cart().length === 0) return { title: "Check out", name: "Checkout", nodes: [h("section", { class: "narrow" }, h("h1", {}, "Your cart is empty"), h("a", { class: "button", href: "/demo/" }, "Look around"))] };
  const id = `order_${Date.now().toString(36)}`;
  const submit = (e) => {
    e.preventDefault();
    const chosen = shippings.find((s) => s.id === new FormData(e.currentTarget).get("shipping")) ?? shippings[0];
    order = { id, ...tracking.orderCompleted(id, chosen.price), shipping: chosen.price };
    emptyCart();
    go("/demo/checkout/done");
  };
  return {
    title: "Check out",
    name: "Checkout",
    nodes: [
      h("section", { class: "narrow" },
        h("h1", {}, "Check out"),
        h("form", { id: "checkout-form", class: "form", onsubmit: submit },
          h("label", {}, "Name", h("input", { name: "name", autocomplete: "off", required: true, value: user()?.name ?? "" })),
          h("label", {}, "Address", h("input", { name: "address", autocomplete: "off", placeholder: "Any will do: nothing is sent", required: true })),
          h("fieldset", {}, h("legend", {}, "Shipping"), shippings.map((s, i) => h("label", { class: "radio" }, h("input", { type: "radio", name: "shipping", value: s.id, checked: i === 0 }), `${s.name} · ${money(s.price)}`))),
          h("p", { class: "total" }, "Subtotal ", h("b", {}, money(subtotal()))),
          h("button", { class: "button", id: "place-order", "data-action": "place-order", type: "submit" }, "Place the order that is none"))),
    ],
    shown: () => tracking.checkoutStarted(id),
  };
}

export function done() {
  if (!order) return null;
  return {
    title: "Thank you",
    name: "Order Confirmation",
    properties: { order_id: order.id },
    nodes: [
      h("section", { class: "narrow" },
        h("h1", {}, "Thank you"),
        h("p", {}, "Order ", h("code", { id: "order-id" }, order.id), " for ", h("b", { id: "order-total", "data-total": order.total }, money(order.total)), " was not placed, but its event was sent."),
        h("a", { class: "button", href: "/sources/demo-shop/debugger?name=Order+Completed" }, "See it in the debugger")),
    ],
  };
}
