// Chooses light or dark before the first paint. It is a file of its own because
// the console's Content-Security-Policy allows no inline script.
(function () {
  var choice;
  try {
    choice = localStorage.getItem("mantine-color-scheme-value");
  } catch (_) {
    // Storage may be closed to this page; the system's choice holds then.
  }
  if (choice !== "light" && choice !== "dark") {
    choice = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  }
  document.documentElement.setAttribute("data-mantine-color-scheme", choice);
})();
