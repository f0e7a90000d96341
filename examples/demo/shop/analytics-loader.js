// The snippet of analytics.js, as a file because the shop's
// Content-Security-Policy allows no inline script: a queue that keeps calls until
// the library, served by the same Secant, is there.
(function () {
  var name = "analytics";
  var writeKey = "wk_demo_shop";
  var analytics = (window[name] = window[name] || []);
  if (analytics.initialize || analytics.invoked) return;
  analytics.invoked = true;
  analytics.methods = ["trackSubmit", "trackClick", "trackLink", "trackForm", "pageview", "identify", "reset", "group", "track", "ready", "alias", "debug", "page", "screen", "once", "off", "on", "addSourceMiddleware", "addIntegrationMiddleware", "setAnonymousId", "addDestinationMiddleware", "register"];
  analytics.factory = function (method) {
    return function () {
      if (window[name].initialized) return window[name][method].apply(window[name], arguments);
      var args = Array.prototype.slice.call(arguments);
      if (["track", "screen", "alias", "group", "page", "identify"].indexOf(method) > -1) {
        // Where the visitor was when the call was made, not when it is sent.
        var canonical = document.querySelector("link[rel='canonical']");
        args.push({
          __t: "bpc",
          c: (canonical && canonical.getAttribute("href")) || undefined,
          p: location.pathname,
          u: location.href,
          s: location.search,
          t: document.title,
          r: document.referrer,
        });
      }
      args.unshift(method);
      analytics.push(args);
      return analytics;
    };
  };
  analytics.methods.forEach(function (method) {
    analytics[method] = analytics.factory(method);
  });
  analytics.load = function (key, options) {
    var script = document.createElement("script");
    script.async = true;
    script.setAttribute("data-global-segment-analytics-key", name);
    script.src = location.origin + "/analytics.js/v1/" + key + "/analytics.min.js";
    var first = document.getElementsByTagName("script")[0];
    first.parentNode.insertBefore(script, first);
    analytics._loadOptions = options;
  };
  analytics._cdn = location.origin;
  analytics._writeKey = writeKey;
  analytics.SNIPPET_VERSION = "5.2.1";
  analytics.load(writeKey);
})();
