import { h } from "./dom.js";
import { redraw } from "./main.js";
import { setUser, user, userId } from "./store.js";
import * as tracking from "./tracking.js";

async function signUp(e) {
  e.preventDefault();
  const form = new FormData(e.currentTarget);
  const email = String(form.get("email"));
  const u = { id: await userId(email), name: String(form.get("name")), email, plan: String(form.get("plan")) };
  setUser(u);
  tracking.signedUp(u);
  redraw();
}

async function logIn(e) {
  e.preventDefault();
  const email = String(new FormData(e.currentTarget).get("email"));
  const u = { id: await userId(email), name: email.split("@")[0], email, plan: "circle" };
  setUser(u);
  tracking.signedIn(u);
  redraw();
}

function signOut() {
  tracking.signedOut();
  setUser(null);
  redraw();
}

const email = (id) => h("label", {}, "E-mail", h("input", { id, name: "email", type: "email", required: true, autocomplete: "off", placeholder: "ada@example.com" }));

export function account() {
  const u = user();
  return {
    title: "Account",
    name: "Account",
    nodes: u
      ? [h("section", { class: "narrow" },
          h("h1", {}, `Hello, ${u.name}`),
          h("p", {}, "You are ", h("code", { id: "user-id" }, u.id), `, on the ${u.plan} plan.`),
          h("button", { type: "button", class: "button", id: "sign-out", "data-action": "sign-out", onclick: signOut }, "Sign out"))]
      : [h("section", { class: "two" },
          h("form", { id: "signup-form", class: "form boxed", onsubmit: signUp },
            h("h1", {}, "Create account"),
            h("label", {}, "Name", h("input", { id: "signup-name", name: "name", required: true, autocomplete: "off", placeholder: "Ada" })),
            email("signup-email"),
            h("label", {}, "Plan", h("select", { id: "signup-plan", name: "plan" }, h("option", { value: "point" }, "Point (free)"), h("option", { value: "circle" }, "Circle"))),
            h("button", { class: "button", id: "sign-up", "data-action": "sign-up", type: "submit" }, "Create account")),
          h("form", { id: "login-form", class: "form boxed", onsubmit: logIn },
            h("h2", {}, "Sign in"),
            h("p", { class: "small" }, "There is no password: everybody is let in."),
            email("login-email"),
            h("button", { class: "button quiet", id: "log-in", "data-action": "log-in", type: "submit" }, "Sign in")))],
  };
}
