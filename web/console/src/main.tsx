import "./theme/layers.css";
import "@mantine/core/styles.layer.css";
import "@mantine/notifications/styles.layer.css";
import "virtual:theme.css";
import "./theme/tokens.css";
import "./theme/global.css";
import { MantineProvider } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { ApiError, whenSignedOut } from "./http";
import { createConsoleRouter } from "./routes";
import { theme } from "./theme/theme";

const client = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      // What the server refused stays refused; what did not reach it may.
      retry: (failures, error) => failures < 2 && !(error instanceof ApiError && error.status >= 400 && error.status < 500),
    },
  },
});

const router = createConsoleRouter(client);

whenSignedOut(() => {
  client.removeQueries({ queryKey: ["me"] });
  void router.navigate({ to: "/login", search: { to: router.state.location.href } });
});

// After an upgrade an open page may ask for files of the old build, which are
// gone: it starts anew, but not again and again should the server lack them too.
addEventListener("vite:preloadError", (e) => {
  const last = Number(sessionStorage.getItem("secant.reloaded"));
  if (Date.now() - last < 60_000) return;
  sessionStorage.setItem("secant.reloaded", String(Date.now()));
  e.preventDefault();
  location.reload();
});

// The theme's variables and static classes come as style sheets (build/themeCss.ts);
// as <style> elements the Content-Security-Policy would refuse them.
createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <MantineProvider theme={theme} defaultColorScheme="auto" withCssVariables={false} withGlobalClasses={false}>
      <QueryClientProvider client={client}>
        <Notifications position="bottom-right" limit={4} />
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
