import type { Call, Language, Target } from "./language";
import { javascript, literal, quoted } from "./literal";

/**
 * Writes the arguments of analytics.js: leading ones that the call does not
 * have become null only when a later one follows.
 */
function args(...list: (unknown | undefined)[]): string {
  const last = list.findLastIndex((v) => v !== undefined);
  return list.slice(0, last + 1).map((v) => literal(v ?? null, javascript)).join(", ");
}

/** The call as analytics.js takes it. */
export function analyticsJs(c: Call): string {
  switch (c.type) {
    case "track":
      return `analytics.track(${args(c.event ?? null, c.properties)});`;
    case "identify":
      return c.userId === undefined ? `analytics.identify(${literal(c.traits ?? {}, javascript)});` : `analytics.identify(${args(c.userId, c.traits)});`;
    case "page":
    case "screen":
      return `analytics.${c.type}(${c.category === undefined ? args(c.name, c.properties) : args(c.category, c.name ?? "", c.properties)});`;
    case "group":
      return `analytics.group(${args(c.groupId ?? null, c.traits)});`;
    case "alias":
      return `analytics.alias(${args(c.userId ?? null, c.previousId)});`;
    default:
      return `// An event of an unknown type${c.type ? `: ${quoted(c.type)}` : ""}`;
  }
}

const host = (t: Target) => new URL(t.origin).host;
const secure = (t: Target) => t.origin.startsWith("https:");

/** The snippet for a page's head: the queue that keeps calls until the library is there. */
export function snippet(t: Target): string {
  return `<script>
  !function () {
    var i = "analytics", analytics = window[i] = window[i] || [];
    if (analytics.initialize) return;
    if (analytics.invoked) { window.console && console.error && console.error("Analytics snippet included twice."); return; }
    analytics.invoked = !0;
    analytics.methods = ["trackSubmit", "trackClick", "trackLink", "trackForm", "pageview", "identify", "reset", "group", "track", "ready", "alias", "debug", "page", "screen", "once", "off", "on", "addSourceMiddleware", "addIntegrationMiddleware", "setAnonymousId", "addDestinationMiddleware", "register"];
    analytics.factory = function (e) {
      return function () {
        if (window[i].initialized) return window[i][e].apply(window[i], arguments);
        var n = Array.prototype.slice.call(arguments);
        if (["track", "screen", "alias", "group", "page", "identify"].indexOf(e) > -1) {
          var c = document.querySelector("link[rel='canonical']");
          n.push({ __t: "bpc", c: c && c.getAttribute("href") || void 0, p: location.pathname, u: location.href, s: location.search, t: document.title, r: document.referrer });
        }
        n.unshift(e); analytics.push(n); return analytics;
      };
    };
    for (var n = 0; n < analytics.methods.length; n++) { var key = analytics.methods[n]; analytics[key] = analytics.factory(key); }
    analytics.load = function (key, n) {
      var t = document.createElement("script");
      t.type = "text/javascript"; t.async = !0;
      t.setAttribute("data-global-segment-analytics-key", i);
      t.src = "${t.origin}/analytics.js/v1/" + key + "/analytics.min.js";
      var r = document.getElementsByTagName("script")[0];
      r.parentNode.insertBefore(t, r); analytics._loadOptions = n;
    };
    analytics._cdn = "${t.origin}";
    analytics._writeKey = "${t.writeKey}";
    analytics.SNIPPET_VERSION = "5.2.1";
    analytics.load("${t.writeKey}");
    analytics.page();
  }();
</script>`;
}

/** The snippet for websites. */
export const browser: Language = {
  id: "javascript",
  label: "Snippet",
  calls: "analytics.js",
  syntax: "js",
  note: () => "For any website. Calls made before the library has loaded are kept and sent afterwards.",
  steps: (t) => [
    { title: "Paste this into the <head> of every page", code: snippet(t), syntax: "html" },
    { title: "Then track what people do", code: `analytics.track("Signed Up", { plan: "pro" });`, syntax: "js" },
  ],
  pretty: analyticsJs,
};

/** analytics.js from npm. */
export const npm: Language = {
  id: "analytics-next",
  label: "npm",
  calls: "analytics.js",
  syntax: "js",
  note: () => "For web apps with a bundler.",
  steps: (t) => [
    { title: "Install", code: "npm install @segment/analytics-next", syntax: "shell" },
    {
      title: "Load once, then call",
      code: `import { AnalyticsBrowser } from "@segment/analytics-next";

export const analytics = AnalyticsBrowser.load(
  { writeKey: ${quoted(t.writeKey)}, cdnURL: ${quoted(t.origin)} },
  {
    integrations: {
      "Segment.io": { apiHost: ${quoted(`${host(t)}/v1`)}, protocol: "${secure(t) ? "https" : "http"}" },
    },
  },
);

analytics.page();
analytics.track("Signed Up", { plan: "pro" });`,
      syntax: "js",
    },
  ],
  pretty: analyticsJs,
};
