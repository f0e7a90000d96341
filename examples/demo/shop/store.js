// The cart and who is signed in, kept in this browser only.

const keys = { cart: "tangent.cart", user: "tangent.user" };
const memory = {};

function read(key, otherwise) {
  try {
    return JSON.parse(localStorage.getItem(key)) ?? otherwise;
  } catch {
    return memory[key] ?? otherwise; // storage is closed to this page
  }
}

function write(key, value) {
  memory[key] = value;
  try {
    localStorage.setItem(key, JSON.stringify(value));
  } catch {
    // Kept in memory: gone when the page is.
  }
  dispatchEvent(new CustomEvent("shop:changed"));
}

/** The cart: [{id, quantity}], in the order things were added. */
export const cart = () => read(keys.cart, []);

export const cartCount = () => cart().reduce((n, line) => n + line.quantity, 0);

/** Sets how many of a product are in the cart; 0 takes it out. */
export function setQuantity(id, quantity) {
  const lines = cart();
  const line = lines.find((l) => l.id === id);
  if (line) line.quantity = quantity;
  else lines.push({ id, quantity });
  write(keys.cart, lines.filter((l) => l.quantity > 0));
}

export const emptyCart = () => write(keys.cart, []);

/** Who is signed in: {id, name, email, plan}, or null. */
export const user = () => read(keys.user, null);

export const setUser = (u) => write(keys.user, u);

/** A stable id for an e-mail address, as a shop's database would give one. */
export async function userId(email) {
  const bytes = new TextEncoder().encode(email.trim().toLowerCase());
  if (!crypto.subtle) return `user_${bytes.reduce((n, b) => (n * 31 + b) >>> 0, 7).toString(16)}`; // plain http
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return `user_${[...hash.slice(0, 6)].map((b) => b.toString(16).padStart(2, "0")).join("")}`;
}
