// Every call of the shop in one place: the events of Segment's e-commerce spec.
import { categories, product, spec } from "./products.js";
import { cart } from "./store.js";

const currency = "USD";

function call(method, ...args) {
  window.analytics[method](...args);
  dispatchEvent(new CustomEvent("shop:call", { detail: { method, args } }));
}

const lines = () => cart().map((l) => spec(product(l.id), l.quantity));

const sum = (list) => Math.round(list.reduce((n, p) => n + p.price * p.quantity, 0) * 100) / 100;

let cartId;
const cart_id = () => (cartId ??= `cart_${Math.random().toString(36).slice(2, 10)}`);

export const page = (name, properties) => call("page", name, properties);

export const listViewed = (category, list) =>
  call("track", "Product List Viewed", { list_id: category, category: categories[category].name, products: list.map((p, i) => ({ ...spec(p), position: i + 1 })) });

export const productClicked = (p) => call("track", "Product Clicked", { ...spec(p), currency });

export const productViewed = (p) => call("track", "Product Viewed", { ...spec(p), currency });

export const productAdded = (p, quantity) => call("track", "Product Added", { cart_id: cart_id(), ...spec(p, quantity), currency });

export const productRemoved = (p, quantity) => call("track", "Product Removed", { cart_id: cart_id(), ...spec(p, quantity), currency });

export const cartViewed = () => call("track", "Cart Viewed", { cart_id: cart_id(), products: lines() });

export const checkoutStarted = (orderId) => {
  const products = lines();
  call("track", "Checkout Started", { order_id: orderId, value: sum(products), revenue: sum(products), currency, products });
};

/** Reports the order and returns its totals. */
export function orderCompleted(orderId, shipping) {
  const products = lines();
  const revenue = sum(products);
  const tax = Math.round(revenue * 0.08 * 100) / 100;
  const total = Math.round((revenue + shipping + tax) * 100) / 100;
  call("track", "Order Completed", { checkout_id: cart_id(), order_id: orderId, total, revenue, shipping, tax, currency, products });
  cartId = undefined;
  return { total, revenue, tax };
}

const traits = ({ name, email, plan }) => ({ name, email, plan });

export function signedUp(user) {
  call("identify", user.id, { ...traits(user), createdAt: new Date().toISOString() });
  call("track", "Signed Up", { method: "form", plan: user.plan });
}

export function signedIn(user) {
  call("identify", user.id, traits(user));
  call("track", "Signed In", { method: "form" });
}

export function signedOut() {
  call("track", "Signed Out");
  call("reset");
}
