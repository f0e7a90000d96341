import { h } from "./dom.js";
import { categories, money, product, products } from "./products.js";
import { cart, setQuantity } from "./store.js";
import * as tracking from "./tracking.js";

function card(p) {
  return h(
    "li",
    { class: "card" },
    h(
      "a",
      { href: `/demo/product/${p.id}`, "data-product-id": p.id, "data-product-name": p.name, "data-product-price": p.price, class: "card-link", onclick: () => tracking.productClicked(p) },
      h("span", { class: `picture ${p.category}` }, h("img", { src: `/demo/art/${p.id}.svg`, alt: "", width: 200, height: 200 })),
      h("span", { class: "card-name" }, p.name),
      h("span", { class: "card-line" }, p.line),
      h("span", { class: "price" }, money(p.price)),
    ),
    h("button", { type: "button", class: "quick", "data-action": "add-to-cart", "data-product-id": p.id, "data-product-name": p.name, "data-product-price": p.price, onclick: (e) => add(p, 1, e.currentTarget), "aria-label": `Add ${p.name} to cart` }, "Add"),
  );
}

function add(p, quantity, button) {
  const had = cart().find((l) => l.id === p.id)?.quantity ?? 0;
  setQuantity(p.id, had + quantity);
  tracking.productAdded(p, quantity);
  const label = button.textContent;
  button.textContent = "Added ✓";
  button.disabled = true;
  setTimeout(() => {
    button.textContent = label;
    button.disabled = false;
  }, 900);
}

const grid = (list) => h("ul", { class: "grid" }, list.map(card));

export function home() {
  return {
    title: "Tangent",
    name: "Home",
    nodes: [
      h("section", { class: "hero" },
        h("div", {}, h("h1", {}, "Things that touch a room at one point."), h("p", {}, "Lamps, objects and furniture, drawn with ruler and compass."), h("a", { class: "button", id: "hero-shop", href: "/demo/category/lighting" }, "See the lamps")),
        h("img", { src: "/demo/art/hero.svg", alt: "", width: 480, height: 360 })),
      h("h2", { class: "section-title" }, "All things"),
      grid(products),
    ],
  };
}

export function category(id) {
  const c = Object.hasOwn(categories, id) && categories[id];
  if (!c) return null;
  const list = products.filter((p) => p.category === id);
  return {
    title: c.name,
    name: "Category",
    properties: { category: c.name },
    nodes: [h("div", { class: "head" }, h("h1", {}, c.name), h("p", {}, c.line)), grid(list)],
    shown: () => tracking.listViewed(id, list),
  };
}

export function productPage(id) {
  const p = product(id);
  if (!p) return null;
  const quantity = h("input", { id: "quantity", type: "number", min: 1, max: 9, value: 1, "aria-label": "Quantity" });
  return {
    title: p.name,
    name: "Product",
    properties: { product_id: p.id },
    nodes: [
      h("article", { class: "product", "data-product-id": p.id },
        h("div", { class: `picture large ${p.category}` }, h("img", { src: `/demo/art/${p.id}.svg`, alt: `Drawing of ${p.name}`, width: 420, height: 420 })),
        h("div", { class: "product-text" },
          h("a", { class: "back", href: `/demo/category/${p.category}` }, categories[p.category].name),
          h("h1", { id: "product-name" }, p.name),
          h("p", { class: "lead" }, p.line),
          h("p", {}, p.text),
          h("p", { class: "price big", id: "product-price", "data-price": p.price }, money(p.price)),
          h("div", { class: "buy" },
            quantity,
            h("button", { type: "button", class: "button", id: "add-to-cart", "data-action": "add-to-cart", "data-product-id": p.id, "data-product-name": p.name, "data-product-price": p.price, onclick: (e) => add(p, Math.max(1, Math.min(9, Number(quantity.value) || 1)), e.currentTarget) }, "Add to cart")),
          h("p", { class: "small" }, `${p.sku} · ships never, it is a demo`))),
    ],
    shown: () => tracking.productViewed(p),
  };
}
